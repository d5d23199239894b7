//! What a definition file says, item by item, before any name is looked up.

use crate::diagnostic::Place;
use serde::{Deserialize, Serialize};

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// The folder a definition file lies in, which decides what it may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Folder {
    /// `capabilities/capabilities/`: one capability and its types.
    Capabilities,
    /// `capabilities/services/`: one host service and its types.
    Services,
    /// `capabilities/types/`: types that several files use.
    Types,
}

/// The language of a definition file, which decides which rules it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Our own definition language.
    Rust,
    /// Annotated Go: documentation and releases may be missing, and names are upstream's choice.
    Go,
}

/// One definition file.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFile {
    /// The file as shown to people, relative to the root.
    pub path: String,
    /// The file name without `.rs`.
    pub stem: String,
    /// The folder it lies in.
    pub folder: Folder,
    /// The language it is written in.
    pub origin: Origin,
    /// The `//!` lines.
    pub docs: String,
    /// The names of all structs and aliases, also of those that could not be read.
    pub declared: Vec<String>,
    /// The services, in source order.
    pub services: Vec<Service>,
    /// The capabilities, in source order.
    pub capabilities: Vec<Capability>,
    /// The structs, in source order.
    pub structs: Vec<Struct>,
    /// The type aliases, in source order.
    pub aliases: Vec<Alias>,
    /// The constants, in source order.
    pub constants: Vec<Constant>,
}

/// A trait marked `#[host_service]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The trait's name.
    pub trait_name: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The service's name, such as `KVStore`.
    pub name: Option<Spanned<String>>,
    /// The manifest key that opens the service; none means it is always open.
    pub permission: Option<Spanned<String>>,
    /// The first server release that has it.
    pub since: Option<Spanned<String>>,
    /// The functions, in source order.
    pub functions: Vec<Function>,
}

/// A method of a host service.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// The method's name.
    pub name: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The import name, when it is not derived.
    pub import: Option<Spanned<String>>,
    /// The first server release that has it; the service's when absent.
    pub since: Option<Spanned<String>>,
    /// The parameters, in order.
    pub params: Vec<Param>,
    /// The result types, in order.
    pub results: Vec<Type>,
    /// The names given with `results(…)`.
    pub result_names: Vec<ResultName>,
    /// Whether the results are wrapped in `Result<…>`.
    pub fallible: bool,
}

/// The name of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultName {
    /// The name.
    pub name: Spanned<String>,
    /// The JSON name, when it is not derived.
    pub json: Option<Spanned<String>>,
}

/// A parameter of a method.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Spanned<String>,
    /// Its type.
    pub ty: Type,
    /// The JSON name, when it is not derived.
    pub json: Option<Spanned<String>>,
    /// Whether the host tells `null` and empty apart.
    pub distinguish_null: Option<Place>,
}

/// A trait marked `#[capability]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Capability {
    /// The trait's name.
    pub trait_name: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The module's name, such as `scrobbler`.
    pub name: Option<Spanned<String>>,
    /// The name the server knows it by; the trait's name when absent.
    pub identity: Option<Spanned<String>>,
    /// Whether one trait holds all exports.
    pub required: bool,
    /// The first server release that has it.
    pub since: Option<Spanned<String>>,
    /// The exports, in source order.
    pub exports: Vec<Export>,
}

/// A method of a capability.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The method's name.
    pub method: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The wasm export.
    pub name: Option<Spanned<String>>,
    /// The first server release that calls it; the capability's when absent.
    pub since: Option<Spanned<String>>,
    /// Whether the trait method has no default body.
    pub essential: Option<Place>,
    /// The name of the method's own trait.
    pub provider: Option<Spanned<String>>,
    /// The last part of the register macro's name.
    pub register: Option<Spanned<String>>,
    /// The parameters, of which there may be at most one.
    pub params: Vec<Param>,
    /// The result; none for `()`.
    pub output: Option<Type>,
    /// The alias of texts that the result is of, where the definitions name one.
    pub output_alias: Option<String>,
}

/// A struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// Its name.
    pub name: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it; the file's when absent.
    pub since: Option<Spanned<String>>,
    /// The fields, in source order.
    pub fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it, when later than the struct's.
    pub since: Option<Spanned<String>>,
    /// The JSON name, when it is not derived.
    pub json: Option<Spanned<String>>,
    /// Whether writers leave the field out when it is empty.
    pub omit_empty: Option<Place>,
    /// The text alias that its values are of, which Go definitions may name; inside lists and options too.
    pub alias: Option<String>,
    /// Its type.
    pub ty: Type,
}

/// A type alias marked `#[alias]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    /// Its name.
    pub name: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it; the file's when absent.
    pub since: Option<Spanned<String>>,
    /// Whether it is an old name, kept for existing plugins.
    pub deprecated: bool,
    /// What it stands for.
    pub target: AliasTarget,
}

/// What an alias stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum AliasTarget {
    /// `&'static str`, the type of text constants.
    StaticStr,
    /// Another type.
    Type(Type),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Its name.
    pub name: Spanned<String>,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it; the file's when absent.
    pub since: Option<Spanned<String>>,
    /// The alias that is its type.
    pub ty: Spanned<String>,
    /// Its value.
    pub value: Literal,
}

/// The value of a constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
}

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// Its shape.
    pub kind: TypeKind,
    /// Where it was written.
    pub place: Place,
}

/// The shape of a type as written.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// `String`, `bool` or a number.
    Scalar(crate::model::Scalar),
    /// `Bytes`, base64 text on the wire.
    Bytes,
    /// `Json`, any value.
    Json,
    /// `Vec<T>`.
    List(Box<Type>),
    /// `Map<String, T>`.
    Map(Box<Type>),
    /// `Option<T>`.
    Option(Box<Type>),
    /// A struct or alias by name.
    Named {
        /// Whether it was written `types::Name`.
        shared: bool,
        /// The name.
        name: String,
    },
}
