//! The model as a file: JSON that any tool can read, and that every command takes for definitions.
//!
//! The file is an object with `format` ([`FORMAT`]), `version` ([`VERSION`]) and the fields of
//! [`Model`], each named as in Rust but in camel case, with `ty` written `type`.
//! What does not exist is left out: `permission`, `register`, `provider`, `input`, `output`, `outputAlias` and a field's
//! `since` and `alias`.
//! A type is a word (`string`, `bool`, `i32`, `i64`, `u32`, `u64`, `f32`, `f64`, `bytes`, `json`) or an object with one
//! key: `{"list": T}`, `{"map": T}` with text keys, `{"option": T}`, `{"local": "Name"}` for a struct of the same module,
//! `{"shared": "Name"}` for a shared one. An `answer` is `"none"`, `{"one": field}`,
//! `{"optional": {"value": field, "flag": field}}` or `{"several": [field, …]}`. A constant's value is a text or a number.
//!
//! Reading is strict: another version, an unknown or missing key, a name that is no identifier, and a type that is not
//! there are all refused, so that what was read is as sound as what the front ends make.

mod validate;

use crate::model::{Model, Scalar, Type};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What `format` says in every model file.
pub const FORMAT: &str = "nd-hostgen model";

/// The version of the format; it grows with every change that older readers would refuse or misread.
pub const VERSION: u32 = 1;

/// Why a text is not a model.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ModelFileError {
    /// The text is not JSON, or not an object.
    #[error("not a JSON object: {0}")]
    NotJson(String),
    /// The text is JSON of some other kind; write model files with `nd-hostgen model`.
    #[error("`format` is not \"{FORMAT}\"")]
    NotAModel,
    /// The model was written by a newer or older generator; write it anew with this one.
    #[error("version {found} of the format is not known here, only version {VERSION}")]
    Version {
        /// The version found.
        found: String,
    },
    /// A key is unknown or missing, or a value has the wrong form; the text says where.
    #[error("not a model of version {VERSION}: {0}")]
    Form(String),
    /// The model contradicts itself.
    #[error("the model is not sound:\n  {}", .0.join("\n  "))]
    Unsound(
        /// Every contradiction, with its place.
        Vec<String>,
    ),
}

/// What is read first, whatever else the file holds.
#[derive(Deserialize)]
struct Header {
    format: Option<serde_json::Value>,
    version: Option<serde_json::Value>,
}

/// A model file as it is written.
#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    #[serde(flatten)]
    model: &'a Model,
}

/// A model file as it is read; [`Model`] itself refuses unknown keys, also those of the header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u32,
    modules: Vec<crate::model::TypeModule>,
    services: Vec<crate::model::Service>,
    capabilities: Vec<crate::model::Capability>,
}

/// Writes a model; the same model gives the same bytes.
pub fn write(model: &Model) -> String {
    let file = Written {
        format: FORMAT,
        version: VERSION,
        model,
    };
    // No key of the model is anything but a text, which is all that could fail here.
    let text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text + "\n"
}

/// Reads a model.
///
/// # Errors
///
/// Fails if the text is anything but a sound model of this version; nothing in it makes the reader panic.
pub fn read(text: &str) -> Result<Model, ModelFileError> {
    let header: Header =
        serde_json::from_str(text).map_err(|error| ModelFileError::NotJson(error.to_string()))?;
    if header.format != Some(FORMAT.into()) {
        return Err(ModelFileError::NotAModel);
    }
    if let Some(found) = header.version.filter(|found| *found != VERSION) {
        let found = found.to_string();
        return Err(ModelFileError::Version { found });
    }
    let read: Read =
        serde_json::from_str(text).map_err(|error| ModelFileError::Form(error.to_string()))?;
    let model = Model {
        modules: read.modules,
        services: read.services,
        capabilities: read.capabilities,
    };
    let mistakes = validate::mistakes(&model);
    if mistakes.is_empty() {
        Ok(model)
    } else {
        Err(ModelFileError::Unsound(mistakes))
    }
}

/// A type as model files write it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TypeForm {
    String,
    Bool,
    I32,
    I64,
    U32,
    U64,
    F32,
    F64,
    Bytes,
    Json,
    List(Box<TypeForm>),
    Map(Box<TypeForm>),
    Option(Box<TypeForm>),
    Local(String),
    Shared(String),
}

impl From<TypeForm> for Type {
    fn from(form: TypeForm) -> Self {
        let boxed = |inner: Box<TypeForm>| Box::new(Type::from(*inner));
        match form {
            TypeForm::String => Type::Scalar(Scalar::String),
            TypeForm::Bool => Type::Scalar(Scalar::Bool),
            TypeForm::I32 => Type::Scalar(Scalar::I32),
            TypeForm::I64 => Type::Scalar(Scalar::I64),
            TypeForm::U32 => Type::Scalar(Scalar::U32),
            TypeForm::U64 => Type::Scalar(Scalar::U64),
            TypeForm::F32 => Type::Scalar(Scalar::F32),
            TypeForm::F64 => Type::Scalar(Scalar::F64),
            TypeForm::Bytes => Type::Bytes,
            TypeForm::Json => Type::Json,
            TypeForm::List(inner) => Type::List(boxed(inner)),
            TypeForm::Map(inner) => Type::Map(boxed(inner)),
            TypeForm::Option(inner) => Type::Option(boxed(inner)),
            TypeForm::Local(name) => Type::Local(name),
            TypeForm::Shared(name) => Type::Shared(name),
        }
    }
}

impl From<Type> for TypeForm {
    fn from(ty: Type) -> Self {
        let boxed = |inner: Box<Type>| Box::new(TypeForm::from(*inner));
        match ty {
            Type::Scalar(Scalar::String) => TypeForm::String,
            Type::Scalar(Scalar::Bool) => TypeForm::Bool,
            Type::Scalar(Scalar::I32) => TypeForm::I32,
            Type::Scalar(Scalar::I64) => TypeForm::I64,
            Type::Scalar(Scalar::U32) => TypeForm::U32,
            Type::Scalar(Scalar::U64) => TypeForm::U64,
            Type::Scalar(Scalar::F32) => TypeForm::F32,
            Type::Scalar(Scalar::F64) => TypeForm::F64,
            Type::Bytes => TypeForm::Bytes,
            Type::Json => TypeForm::Json,
            Type::List(inner) => TypeForm::List(boxed(inner)),
            Type::Map(inner) => TypeForm::Map(boxed(inner)),
            Type::Option(inner) => TypeForm::Option(boxed(inner)),
            Type::Local(name) => TypeForm::Local(name),
            Type::Shared(name) => TypeForm::Shared(name),
        }
    }
}
