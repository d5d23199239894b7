//! What every output needs to know, checked and with all names settled: plain data, no output language.
//!
//! The serde names are those of model files; a change of them is a new version of the format, see
//! [`crate::model_file`].

use crate::diagnostic::Place;
use serde::{Deserialize, Serialize};
use std::fmt;

/// All definitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Model {
    /// The types, grouped by the file that declares them.
    pub modules: Vec<TypeModule>,
    /// The host services, in file order.
    pub services: Vec<Service>,
    /// The capabilities, in file order.
    pub capabilities: Vec<Capability>,
}

/// The types of one module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TypeModule {
    /// The module's name.
    pub name: String,
    /// Whether every other module may use the types.
    pub shared: bool,
    /// The files that declare the types.
    pub sources: Vec<String>,
    /// The documentation.
    pub docs: String,
    /// The structs, in source order.
    pub structs: Vec<Struct>,
    /// The types of constants, in source order.
    pub aliases: Vec<Alias>,
    /// The constants, in source order.
    pub constants: Vec<Constant>,
}

/// A struct that crosses the wire as a JSON object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Struct {
    /// Its name.
    pub name: String,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it.
    pub since: String,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// Where it is defined.
    pub place: Place,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Field {
    /// Its name in snake case.
    pub name: String,
    /// Its name on the wire.
    pub json: String,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it, when later than the struct's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Whether writers leave it out when it is empty.
    pub omit_empty: bool,
    /// The alias of texts that its values are of, where the definitions name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

/// A name for the type of constants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alias {
    /// Its name.
    pub name: String,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it.
    pub since: String,
    /// The type it stands for; a text stands for a static one.
    pub target: Scalar,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Constant {
    /// Its name in upper snake case.
    pub name: String,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it.
    pub since: String,
    /// The alias that is its type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its value.
    pub value: crate::syntax::Literal,
}

/// A host service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// Its name, such as `KVStore`.
    pub name: String,
    /// Its module, such as `kvstore`.
    pub module: String,
    /// Its trait, such as `KvStore`.
    pub trait_name: String,
    /// The manifest key that opens it; none means it is always open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// The first server release that has it.
    pub since: String,
    /// The documentation of its module.
    pub module_docs: String,
    /// The documentation.
    pub docs: String,
    /// The file that defines it.
    pub source: String,
    /// The names of the structs, aliases and constants its file declares.
    pub declares: Vec<String>,
    /// The functions, in order.
    pub functions: Vec<Function>,
    /// Where it is defined.
    pub place: Place,
}

/// A host function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Function {
    /// Its name in snake case.
    pub name: String,
    /// Its import name.
    pub import: String,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it.
    pub since: String,
    /// The parameters, in order.
    pub params: Vec<Param>,
    /// What a call answers.
    pub answer: Answer,
    /// Whether the answer may carry an error.
    pub fallible: bool,
    /// Where it is defined.
    pub place: Place,
}

/// A parameter of a host function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Param {
    /// Its name in snake case.
    pub name: String,
    /// Its name on the wire.
    pub json: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Whether the host tells `null` and empty apart.
    pub distinguish_null: bool,
}

/// What a host function answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Answer {
    /// Nothing.
    None,
    /// One value.
    One(ResultField),
    /// A value that may be missing, told by a flag.
    Optional {
        /// The value.
        value: ResultField,
        /// The flag.
        flag: ResultField,
    },
    /// Several values.
    Several(Vec<ResultField>),
}

impl Answer {
    /// The fields of the answer object, in order.
    pub fn fields(&self) -> Vec<&ResultField> {
        match self {
            Answer::None => Vec::new(),
            Answer::One(field) => vec![field],
            Answer::Optional { value, flag } => vec![value, flag],
            Answer::Several(fields) => fields.iter().collect(),
        }
    }
}

/// A field of an answer object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultField {
    /// Its name in snake case.
    pub name: String,
    /// Its name on the wire.
    pub json: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
}

/// A capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// Its module, such as `scrobbler`.
    pub module: String,
    /// The name the server knows it by, such as `MetadataAgent`.
    pub identity: String,
    /// The trait with all its methods.
    pub trait_name: String,
    /// The macro that registers all exports at once; none when any subset may be exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// The first server release that has it.
    pub since: String,
    /// The documentation of its module.
    pub module_docs: String,
    /// The documentation.
    pub docs: String,
    /// The file that defines it.
    pub source: String,
    /// The names of the structs, aliases and constants its file declares.
    pub declares: Vec<String>,
    /// Old names of shared types.
    pub shared_aliases: Vec<SharedAlias>,
    /// The exports, in order.
    pub exports: Vec<Export>,
    /// Where it is defined.
    pub place: Place,
}

impl Capability {
    /// Whether one trait holds all exports.
    pub fn required(&self) -> bool {
        self.register.is_some()
    }
}

/// An old name of a shared type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SharedAlias {
    /// The old name.
    pub name: String,
    /// The documentation.
    pub docs: String,
    /// The first server release that has it.
    pub since: String,
    /// The shared struct.
    pub target: String,
}

/// An export of a capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Export {
    /// Its wasm name.
    pub name: String,
    /// The trait method.
    pub method: String,
    /// The documentation.
    pub docs: String,
    /// The first server release that calls it.
    pub since: String,
    /// Whether the trait method has no default body.
    pub essential: bool,
    /// The method's own trait; none when one trait holds all methods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The type of its input document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Type>,
    /// The type of its output document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Type>,
    /// The alias of texts that its output is of, where the definitions name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_alias: Option<String>,
    /// Where it is defined.
    pub place: Place,
}

/// A trait with a single method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// The trait's name.
    pub trait_name: String,
    /// The macro that registers the export.
    pub register: String,
}

/// A type on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    from = "crate::model_file::TypeForm",
    into = "crate::model_file::TypeForm"
)]
pub enum Type {
    /// A text, a truth value or a number.
    Scalar(Scalar),
    /// Bytes, base64 text on the wire.
    Bytes,
    /// Any JSON value.
    Json,
    /// A list.
    List(Box<Type>),
    /// A map with text keys.
    Map(Box<Type>),
    /// A value or `null`.
    Option(Box<Type>),
    /// A struct of the module itself.
    Local(String),
    /// A shared struct.
    Shared(String),
}

impl Type {
    /// Whether bytes occur anywhere inside.
    pub fn holds_bytes(&self) -> bool {
        self.any(&|ty| matches!(ty, Type::Bytes))
    }

    /// Whether a map occurs anywhere inside.
    pub fn holds_map(&self) -> bool {
        self.any(&|ty| matches!(ty, Type::Map(_)))
    }

    /// Whether this is an option.
    pub fn is_option(&self) -> bool {
        matches!(self, Type::Option(_))
    }

    /// Whether this is a struct.
    pub fn is_struct(&self) -> bool {
        matches!(self, Type::Local(_) | Type::Shared(_))
    }

    /// Whether the test holds for this type or one inside it.
    pub fn any(&self, test: &dyn Fn(&Type) -> bool) -> bool {
        test(self)
            || match self {
                Type::List(inner) | Type::Map(inner) | Type::Option(inner) => inner.any(test),
                _ => false,
            }
    }
}

impl fmt::Display for Type {
    /// Writes the type as definitions do; a shared struct has the prefix `types::`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Scalar(scalar) => f.write_str(scalar.word()),
            Type::Bytes => f.write_str("Bytes"),
            Type::Json => f.write_str("Json"),
            Type::List(inner) => write!(f, "Vec<{inner}>"),
            Type::Map(inner) => write!(f, "Map<String, {inner}>"),
            Type::Option(inner) => write!(f, "Option<{inner}>"),
            Type::Local(name) => f.write_str(name),
            Type::Shared(name) => write!(f, "types::{name}"),
        }
    }
}

/// A type without parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scalar {
    /// A text.
    String,
    /// A truth value.
    Bool,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// An unsigned 32-bit integer.
    U32,
    /// An unsigned 64-bit integer.
    U64,
    /// A 32-bit floating-point number.
    F32,
    /// A 64-bit floating-point number.
    F64,
}

impl Scalar {
    /// Every scalar with the word definitions use for it.
    pub const ALL: [(&'static str, Scalar); 8] = [
        ("String", Scalar::String),
        ("bool", Scalar::Bool),
        ("i32", Scalar::I32),
        ("i64", Scalar::I64),
        ("u32", Scalar::U32),
        ("u64", Scalar::U64),
        ("f32", Scalar::F32),
        ("f64", Scalar::F64),
    ];

    /// The word definitions use for it.
    pub fn word(self) -> &'static str {
        match self {
            Scalar::String => "String",
            Scalar::Bool => "bool",
            Scalar::I32 => "i32",
            Scalar::I64 => "i64",
            Scalar::U32 => "u32",
            Scalar::U64 => "u64",
            Scalar::F32 => "f32",
            Scalar::F64 => "f64",
        }
    }
}
