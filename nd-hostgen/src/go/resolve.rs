//! What the types of a signature or a field stand for on the wire.

use super::declare::{Body, GoFile, TypeDecl};
use super::package::{Package, imported, last_segment};
use super::types::{GoType, Shape};
use crate::diagnostic::{Diagnostics, Kind, Place, nearest};
use crate::model::Scalar;
use crate::syntax::{Type, TypeKind};
use std::collections::BTreeSet;

/// The name that every package of shared types has upstream.
const SHARED: &str = "types";

/// How many types may lie in each other or stand for each other in a row.
const DEEPEST: usize = 64;

/// Go's own types that cross the wire as scalars.
const SCALARS: [(&str, Scalar); 10] = [
    ("string", Scalar::String),
    ("bool", Scalar::Bool),
    ("int", Scalar::I32),
    ("int32", Scalar::I32),
    ("int64", Scalar::I64),
    ("uint", Scalar::U32),
    ("uint32", Scalar::U32),
    ("uint64", Scalar::U64),
    ("float32", Scalar::F32),
    ("float64", Scalar::F64),
];

/// Go's own number types that the wire types lack, with what to write instead.
const OTHER_NUMBERS: [(&str, &str); 7] = [
    ("int8", "int32"),
    ("int16", "int32"),
    ("rune", "int32"),
    ("uint8", "uint32"),
    ("byte", "uint32"),
    ("uint16", "uint32"),
    ("uintptr", "uint64"),
];

/// The names that were met on the way.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// The structs of the package, in the order of meeting.
    pub structs: Vec<String>,
    met: BTreeSet<String>,
    /// The other named types of the package.
    pub named: BTreeSet<String>,
    /// The shared structs.
    pub shared: BTreeSet<String>,
}

/// A type behind the names that lead to it.
struct Behind<'t> {
    /// The file that writes the type.
    file: usize,
    ty: &'t GoType,
    names: Vec<&'t str>,
}

/// Turns Go types into those of the definition language.
pub(super) struct Resolver<'a, 'd> {
    /// The folder whose names are looked up.
    pub package: &'a Package<'a>,
    /// The folder of shared types.
    pub shared: &'a Package<'a>,
    /// What was met.
    pub reached: Reached,
    /// Where to report.
    pub diagnostics: &'d mut Diagnostics,
    expanding: Vec<String>,
    depth: usize,
}

impl<'a, 'd> Resolver<'a, 'd> {
    /// Looks names up in a folder and in the shared types.
    pub fn new(
        package: &'a Package<'a>,
        shared: &'a Package<'a>,
        diagnostics: &'d mut Diagnostics,
    ) -> Self {
        Self {
            package,
            shared,
            reached: Reached::default(),
            diagnostics,
            expanding: Vec::new(),
            depth: 0,
        }
    }

    /// What a type written in a file stands for; what has no counterpart stands for any JSON value.
    pub fn ty(&mut self, file: usize, ty: &GoType) -> Type {
        Type {
            kind: self.kind(file, ty),
            place: ty.place.clone(),
        }
    }

    fn kind(&mut self, file: usize, ty: &GoType) -> TypeKind {
        if self.depth == DEEPEST {
            return self.refuse(ty, "a type nested more than 64 times");
        }
        self.depth += 1;
        let kind = self.kind_below(file, ty);
        self.depth -= 1;
        kind
    }

    fn kind_below(&mut self, file: usize, ty: &GoType) -> TypeKind {
        let written = &ty.text;
        match &ty.shape {
            Shape::Name(name) => self.name(file, name, &ty.place),
            Shape::Qualified { package, name } => self.qualified(file, package, name, ty),
            Shape::Pointer(inner) => match self.ty(file, inner) {
                Type {
                    kind: TypeKind::Option(twice),
                    ..
                } => {
                    let message = format!("`{written}` is a pointer to a pointer");
                    self.warn(&ty.place, message, "write one `*`; both are `null` in JSON");
                    TypeKind::Option(twice)
                }
                inner => TypeKind::Option(Box::new(inner)),
            },
            Shape::Slice(inner) if self.is_byte(file, inner) => TypeKind::Bytes,
            Shape::Slice(inner) => TypeKind::List(Box::new(self.ty(file, inner))),
            Shape::Map(key, value) => {
                self.key(file, key);
                TypeKind::Map(Box::new(self.ty(file, value)))
            }
            Shape::Interface => TypeKind::Json,
            Shape::Array => {
                let hint = "write a slice; the length is lost on the wire";
                self.any_json(ty, "an array", hint)
            }
            Shape::Struct => {
                let hint = "declare a struct with a name, so that guests know its fields";
                self.any_json(ty, "a struct without a name", hint)
            }
            Shape::Generic => {
                let hint = "declare the type without parameters, so that guests know its fields";
                self.any_json(ty, "a generic type", hint)
            }
            Shape::Function => self.refuse(ty, "a function"),
            Shape::Channel => self.refuse(ty, "a channel"),
            Shape::TooDeep => self.refuse(ty, "a type nested more than 64 times"),
            Shape::Unknown => self.refuse(ty, "no type that has values"),
        }
    }

    fn warn(&mut self, place: &Place, message: String, hint: &str) {
        self.diagnostics
            .warn(place, Kind::Unsupported, message, hint);
    }

    /// A type that guests see as any JSON value.
    fn any_json(&mut self, ty: &GoType, what: &str, hint: &str) -> TypeKind {
        let message = format!("`{}` is {what} and stands for any JSON value", ty.text);
        self.warn(&ty.place, message, hint);
        TypeKind::Json
    }

    /// A type that cannot be written as JSON.
    fn refuse(&mut self, ty: &GoType, what: &str) -> TypeKind {
        let message = format!("`{}` is {what}, which cannot cross the wire", ty.text);
        let hint = "use strings, numbers, booleans, `[]byte`, slices, maps, pointers and structs";
        self.diagnostics
            .report(&ty.place, Kind::Unsupported, message, hint);
        TypeKind::Json
    }

    fn name(&mut self, file: usize, name: &str, place: &Place) -> TypeKind {
        if let Some((home, decl)) = self.package.get(name) {
            return self.declared(home, decl, place);
        }
        if let Some((_, scalar)) = SCALARS.iter().find(|(known, _)| *known == name) {
            return TypeKind::Scalar(*scalar);
        }
        if let Some((_, better)) = OTHER_NUMBERS.iter().find(|(known, _)| *known == name) {
            let message = format!("`{name}` has no counterpart and stands for any JSON value");
            self.warn(place, message, &format!("write `{better}`"));
            return TypeKind::Json;
        }
        if self.dot_imports_shared(file) && self.shared.get(name).is_some() {
            return self.shared_type(name, place);
        }
        match name {
            "any" => TypeKind::Json,
            "error" => {
                let message = "`error` stands where a value is expected".to_owned();
                self.warn(
                    place,
                    message,
                    "errors are results of their own; write `string`",
                );
                TypeKind::Json
            }
            "complex64" | "complex128" => {
                let message = format!("`{name}` cannot cross the wire");
                let hint = "JSON has no complex numbers; write two `float64`";
                self.diagnostics
                    .report(place, Kind::Unsupported, message, hint);
                TypeKind::Json
            }
            _ => {
                let own = SCALARS.iter().map(|(word, _)| *word);
                let near = match self.diagnostics.are_many() {
                    true => None,
                    false => nearest(name, self.package.names().chain(own)),
                };
                let hint = match near {
                    _ if name == "Context" => {
                        "write `context.Context`; upstream's generator knows it by no other name"
                            .to_owned()
                    }
                    Some(near) => format!("did you mean `{near}`?"),
                    None if self.shared.get(name).is_some() => format!("write `{SHARED}.{name}`"),
                    None => "declare it in a file of this folder that is read: not in `doc.go`, \
                             `*_gen.go` or `*_test.go`"
                        .to_owned(),
                };
                let message = format!("type `{name}` is declared nowhere in this folder");
                self.diagnostics
                    .report(place, Kind::UnknownType, message, hint);
                TypeKind::Json
            }
        }
    }

    /// A type that the package declares.
    fn declared(&mut self, home: usize, decl: &'a TypeDecl, place: &Place) -> TypeKind {
        let name = &decl.name.value;
        match &decl.body {
            _ if decl.generic => {
                let message = format!("`{name}` is generic and stands for any JSON value");
                self.warn(place, message, "declare it without type parameters");
                TypeKind::Json
            }
            Body::Struct(_) => {
                if self.reached.met.insert(name.clone()) {
                    self.reached.structs.push(name.clone());
                }
                TypeKind::Named {
                    shared: false,
                    name: name.clone(),
                }
            }
            Body::Interface(_) => {
                let message = format!("`{name}` is an interface and stands for any JSON value");
                self.warn(
                    place,
                    message,
                    "use a struct, so that guests know its fields",
                );
                TypeKind::Json
            }
            Body::Type(ty) => {
                self.reached.named.insert(name.clone());
                if self.expanding.contains(name) {
                    let message = format!("`{name}` holds itself and stands for any JSON value");
                    self.warn(place, message, "put a struct in between");
                    return TypeKind::Json;
                }
                self.expanding.push(name.clone());
                let kind = self.kind(home, ty);
                self.expanding.pop();
                kind
            }
        }
    }

    fn qualified(&mut self, file: usize, package: &str, name: &str, ty: &GoType) -> TypeKind {
        let home = self.package.files.get(file);
        match home.and_then(|home| imported(home, package)) {
            Some(path) if self.is_shared(path) => self.shared_type(name, &ty.place),
            None if package == SHARED => self.shared_type(name, &ty.place),
            Some("encoding/json") if name == "RawMessage" => TypeKind::Json,
            Some("context") => {
                let hint =
                    "write `ctx context.Context` as a parameter, without `*`; it is left out";
                self.any_json(ty, "a context where a value is expected", hint)
            }
            None => {
                let message = format!("package `{package}` is not imported");
                let hint = "import it, or write the plain name of a type of this folder";
                self.diagnostics
                    .report(&ty.place, Kind::UnknownType, message, hint);
                TypeKind::Json
            }
            Some(_) => {
                let hint = "use a type of this folder or a shared one";
                self.any_json(ty, "a type of another package", hint)
            }
        }
    }

    /// Whether an imported package holds the shared types.
    fn is_shared(&self, path: &str) -> bool {
        let last = last_segment(path);
        last == SHARED || (!last.is_empty() && last == self.shared.name())
    }

    fn dot_imports_shared(&self, file: usize) -> bool {
        let imports = self.package.files.get(file).map(|file| &file.imports);
        let mut imports = imports.into_iter().flatten();
        imports.any(|import| import.alias.as_deref() == Some(".") && self.is_shared(&import.path))
    }

    /// A struct of the shared folder.
    fn shared_type(&mut self, name: &str, place: &Place) -> TypeKind {
        let found = self.shared.get(name);
        if let Some((
            _,
            TypeDecl {
                body: Body::Struct(_),
                generic: false,
                ..
            },
        )) = found
        {
            self.reached.shared.insert(name.to_owned());
            return TypeKind::Named {
                shared: true,
                name: name.to_owned(),
            };
        }
        let message = format!(
            "shared type \"{name}\" could not be resolved: pass -shared=<folder that declares it>"
        );
        let hint = if found.is_some() {
            "only structs are taken from the folder of shared types; make it one".to_owned()
        } else if self.shared.files.is_empty() {
            "upstream's shared types lie in `plugins/types`".to_owned()
        } else {
            match nearest(name, self.shared.names()) {
                Some(near) => format!("did you mean `{SHARED}.{near}`?"),
                None => format!(
                    "that folder declares: {}",
                    self.shared.names().collect::<Vec<_>>().join(", ")
                ),
            }
        };
        self.diagnostics
            .report(place, Kind::UnknownType, message, hint);
        TypeKind::Json
    }

    /// What a type stands for behind the names of the package that lead to it, and these names; none if they lead on
    /// and on.
    fn behind_names<'t>(&self, file: usize, ty: &'t GoType) -> Option<Behind<'t>>
    where
        'a: 't,
    {
        let mut found = Behind {
            file,
            ty,
            names: Vec::new(),
        };
        while found.names.len() < DEEPEST {
            let decl = match &found.ty.shape {
                Shape::Name(name) => self.package.get(name),
                _ => None,
            };
            let Some((file, decl)) = decl.filter(|(_, decl)| !decl.generic) else {
                return Some(found);
            };
            let Body::Type(ty) = &decl.body else {
                return Some(found);
            };
            (found.file, found.ty) = (file, ty);
            found.names.push(&decl.name.value);
        }
        None
    }

    /// Whether a type is a byte: Go writes slices of those as base64, whatever they are called.
    fn is_byte(&self, file: usize, ty: &GoType) -> bool {
        let behind = self.behind_names(file, ty);
        behind.is_some_and(|behind| match &behind.ty.shape {
            Shape::Name(name) => {
                matches!(name.as_str(), "byte" | "uint8") && self.package.get(name).is_none()
            }
            _ => false,
        })
    }

    /// What the key of a map is; only a type without parts can be one, so that no other is looked into.
    fn key_kind(&mut self, file: usize, key: &GoType) -> TypeKind {
        let Some(behind) = self.behind_names(file, key) else {
            return TypeKind::Json;
        };
        let names = behind.names.into_iter().map(str::to_owned);
        self.reached.named.extend(names);
        match &behind.ty.shape {
            Shape::Name(_) | Shape::Qualified { .. } => self.kind(behind.file, behind.ty),
            _ => TypeKind::Json,
        }
    }

    /// The keys of a map are texts in JSON.
    fn key(&mut self, file: usize, key: &GoType) {
        match self.key_kind(file, key) {
            TypeKind::Scalar(Scalar::String) => {}
            TypeKind::Scalar(Scalar::I32 | Scalar::I64 | Scalar::U32 | Scalar::U64) => {
                let message = format!("the keys of this map are `{}`", key.text);
                let hint = "write `string`; keys are texts in JSON, and guests see them as such";
                self.warn(&key.place, message, hint);
            }
            _ => {
                let message = format!("`{}` cannot be the key of a map", key.text);
                let hint = "write `string`; the keys of a JSON object are texts";
                self.diagnostics
                    .report(&key.place, Kind::Unsupported, message, hint);
            }
        }
    }

    /// The type of texts that a type names, itself or inside of pointers and slices: schemas list its constants.
    pub fn text_alias(&self, ty: &GoType) -> Option<String> {
        match &ty.shape {
            Shape::Pointer(inner) | Shape::Slice(inner) => self.text_alias(inner),
            Shape::Name(name) => {
                let (_, decl) = self.package.get(name)?;
                let text = |ty: &GoType| matches!(&ty.shape, Shape::Name(name) if name == "string");
                let is_text = matches!(&decl.body, Body::Type(ty) if text(ty));
                (is_text && !decl.alias && !decl.generic).then(|| name.clone())
            }
            _ => None,
        }
    }

    /// The shared struct that an alias of the package stands for.
    pub fn alias_of_shared(&self, home: usize, decl: &'a TypeDecl) -> Option<&'a str> {
        let Body::Type(GoType {
            shape: Shape::Qualified { package, name },
            ..
        }) = &decl.body
        else {
            return None;
        };
        let file = self.package.files.get(home)?;
        let shared = match imported(file, package) {
            Some(path) => self.is_shared(path),
            None => package == SHARED,
        };
        (decl.alias && shared && self.shared.get(name).is_some()).then_some(name)
    }
}

/// Whether a parameter is the call's context, which does not cross the wire: whatever is written `context.Context`, as
/// upstream has it, and the one of Go's own package under another name.
pub(super) fn is_context(file: &GoFile, ty: &GoType) -> bool {
    match &ty.shape {
        Shape::Qualified { package, name } if name == "Context" => {
            package == "context" || imported(file, package) == Some("context")
        }
        _ => false,
    }
}
