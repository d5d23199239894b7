//! One item after the other: traits with their methods, structs, aliases and constants.

use super::layout;
use crate::lower::SHARED_MODULE;
use crate::model::{
    Alias, Answer, Capability, Constant, Export, Field, Function, Model, Param, ResultField,
    Scalar, Service, SharedAlias, Struct, Type, TypeModule,
};
use crate::names;
use crate::syntax::Literal;

/// The text of one file, growing item by item.
pub(super) struct Printer<'m> {
    /// What is written so far.
    pub text: String,
    model: &'m Model,
    /// The types of the file's own module.
    module: Option<&'m TypeModule>,
}

impl<'m> Printer<'m> {
    /// Begins a file with its documentation.
    pub fn new(model: &'m Model, module: Option<&'m TypeModule>, docs: &str) -> Self {
        Self {
            text: layout::docs("", "//!", docs),
            model,
            module,
        }
    }

    /// Opens an item: an empty line, the documentation, the release.
    fn item(&mut self, docs: &str, since: Option<&str>) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += &layout::docs("", "///", docs);
        if let Some(since) = since.filter(|since| !since.is_empty()) {
            self.text += &format!("#[since({})]\n", literal(since));
        }
    }

    /// A host service with its functions.
    pub fn service(&mut self, service: &Service) {
        self.item(&service.docs, None);
        let mut arguments = vec![text("name", &service.name)];
        arguments.extend(service.permission.iter().map(|key| text("permission", key)));
        arguments.extend(release(&service.since));
        self.text += &layout::attribute("", "host_service", &arguments);
        self.text += &format!("pub trait {} {{\n", ident(&service.trait_name));
        for (at, function) in service.functions.iter().enumerate() {
            if at > 0 {
                self.text.push('\n');
            }
            self.function(service, function);
        }
        self.text += "}\n";
    }

    fn function(&mut self, service: &Service, function: &Function) {
        self.text += &layout::docs("    ", "///", &function.docs);
        let mut arguments = Vec::new();
        if function.import != names::import_name(&service.name, &function.name) {
            arguments.push(text("name", &function.import));
        }
        if function.since != service.since {
            arguments.push(text("since", &function.since));
        }
        let fields = function.answer.fields();
        let unnamed = match fields[..] {
            [] => true,
            [only] => only.name == names::UNNAMED_RESULT && only.json == names::UNNAMED_RESULT,
            _ => false,
        };
        if !unnamed {
            let fields: Vec<String> = fields.iter().map(|field| result_name(field)).collect();
            arguments.push(format!("results({})", fields.join(", ")));
        }
        self.text += &layout::attribute("    ", "host_fn", &arguments);
        let params: Vec<String> = function
            .params
            .iter()
            .map(|param| self.param(param))
            .collect();
        let result = self.results(function);
        self.text += &layout::method(&ident(&function.name), &params, &result);
    }

    fn param(&self, param: &Param) -> String {
        let mut text = String::new();
        if param.json != names::json_name(&param.name) {
            text += &format!("#[json({})] ", literal(&param.json));
        }
        if param.distinguish_null {
            text += "#[distinguish_null] ";
        }
        text + &format!("{}: {}", ident(&param.name), self.ty(&param.ty))
    }

    fn results(&self, function: &Function) -> String {
        let types = function.answer.fields().into_iter();
        let types: Vec<String> = types.map(|field| self.ty(&field.ty)).collect();
        let values = match (&types[..], &function.answer) {
            ([only], Answer::One(_)) => only.clone(),
            ([only], _) => format!("({only},)"),
            _ => format!("({})", types.join(", ")),
        };
        match (function.fallible, types.is_empty()) {
            (true, _) => format!(" -> Result<{values}>"),
            (false, true) => String::new(),
            (false, false) => format!(" -> {values}"),
        }
    }

    /// A capability with its exports.
    pub fn capability(&mut self, capability: &Capability) {
        self.item(&capability.docs, None);
        let mut arguments = vec![text("name", &capability.module)];
        if capability.identity != capability.trait_name {
            arguments.push(text("identity", &capability.identity));
        }
        if capability.required() {
            arguments.push("required".to_owned());
        }
        arguments.extend(release(&capability.since));
        self.text += &layout::attribute("", "capability", &arguments);
        self.text += &format!("pub trait {} {{\n", ident(&capability.trait_name));
        for (at, export) in capability.exports.iter().enumerate() {
            if at > 0 {
                self.text.push('\n');
            }
            self.export(capability, export);
        }
        self.text += "}\n";
    }

    fn export(&mut self, capability: &Capability, export: &Export) {
        self.text += &layout::docs("    ", "///", &export.docs);
        let mut arguments = vec![text("name", &export.name)];
        if let Some(provider) = &export.provider {
            let start = names::register_macro(&capability.module, "");
            let stem = provider.register.strip_prefix(&start);
            arguments.push(text("provider", &provider.trait_name));
            arguments.push(text("register", stem.unwrap_or(&provider.register)));
        }
        if export.since != capability.since {
            arguments.push(text("since", &export.since));
        }
        if export.essential {
            arguments.push("essential".to_owned());
        }
        self.text += &layout::attribute("    ", "export", &arguments);
        let params: Vec<String> = export
            .input
            .iter()
            .map(|input| format!("req: {}", self.ty(input)))
            .collect();
        let output = export.output.as_ref();
        let result = output.map(|output| format!(" -> {}", self.ty(output)));
        self.text += &layout::method(&ident(&export.method), &params, &result.unwrap_or_default());
    }

    /// The structs, aliases and constants of a module that belong into this file.
    pub fn types(
        &mut self,
        module: &TypeModule,
        shared_aliases: &[SharedAlias],
        belongs: &dyn Fn(&str) -> bool,
    ) {
        for item in module.structs.iter().filter(|item| belongs(&item.name)) {
            self.structure(item);
        }
        for alias in shared_aliases {
            self.shared_alias(alias);
        }
        for alias in module.aliases.iter().filter(|item| belongs(&item.name)) {
            self.alias(alias);
        }
        for constant in module.constants.iter().filter(|item| belongs(&item.name)) {
            self.constant(constant);
        }
    }

    fn structure(&mut self, item: &Struct) {
        self.item(&item.docs, Some(&item.since));
        if item.fields.is_empty() {
            self.text += &format!("pub struct {} {{}}\n", ident(&item.name));
            return;
        }
        self.text += &format!("pub struct {} {{\n", ident(&item.name));
        for field in &item.fields {
            self.field(field);
        }
        self.text += "}\n";
    }

    fn field(&mut self, field: &Field) {
        self.text += &layout::docs("    ", "///", &field.docs);
        if let Some(since) = &field.since {
            self.text += &format!("    #[since({})]\n", literal(since));
        }
        if field.json != names::json_name(&field.name) {
            self.text += &format!("    #[json({})]\n", literal(&field.json));
        }
        if field.omit_empty {
            self.text += "    #[omit_empty]\n";
        }
        self.text += &format!("    pub {}: {},\n", ident(&field.name), self.ty(&field.ty));
    }

    fn alias(&mut self, alias: &Alias) {
        self.item(&alias.docs, Some(&alias.since));
        let target = match alias.target {
            Scalar::String => "&'static str",
            other => other.word(),
        };
        self.text += "#[alias]\n";
        self.text += &layout::assignment(&format!("pub type {}", ident(&alias.name)), target);
    }

    fn constant(&mut self, constant: &Constant) {
        self.item(&constant.docs, Some(&constant.since));
        let left = format!(
            "pub const {}: {}",
            ident(&constant.name),
            ident(&constant.ty)
        );
        let value = match &constant.value {
            Literal::Text(text) => literal(text),
            Literal::Integer(number) => number.to_string(),
        };
        self.text += &layout::assignment(&left, &value);
    }

    /// An old name of a shared type.
    pub fn shared_alias(&mut self, alias: &SharedAlias) {
        self.item(&alias.docs, Some(&alias.since));
        self.text += "#[alias(deprecated)]\n";
        let left = format!("pub type {}", ident(&alias.name));
        self.text += &layout::assignment(&left, &format!("types::{}", ident(&alias.target)));
    }

    fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Scalar(scalar) => scalar.word().to_owned(),
            Type::Bytes => "Bytes".to_owned(),
            Type::Json => "Json".to_owned(),
            Type::List(inner) => format!("Vec<{}>", self.ty(inner)),
            Type::Map(inner) => format!("Map<String, {}>", self.ty(inner)),
            Type::Option(inner) => format!("Option<{}>", self.ty(inner)),
            Type::Local(name) => ident(name),
            // An own struct of the same name would be found first.
            Type::Shared(name) if self.hides(name) => format!("types::{}", ident(name)),
            Type::Shared(name) => ident(name),
        }
    }

    fn hides(&self, name: &str) -> bool {
        let own = self.module.map(|module| &module.structs);
        let mut own = own.into_iter().flatten();
        let shared = self
            .model
            .modules
            .iter()
            .any(|module| module.name == SHARED_MODULE);
        shared && own.any(|item| item.name == name)
    }
}

/// The name of a result, with its JSON name where that is not derived.
fn result_name(field: &ResultField) -> String {
    let name = ident(&field.name);
    if field.json == names::json_name(&field.name) {
        name
    } else {
        format!("{name} = {}", literal(&field.json))
    }
}

/// An argument `key = "value"`.
fn text(key: &str, value: &str) -> String {
    format!("{key} = {}", literal(value))
}

/// The argument that names a release, where one is known.
fn release(since: &str) -> Option<String> {
    (!since.is_empty()).then(|| text("since", since))
}

/// A text as a Rust literal.
fn literal(text: &str) -> String {
    proc_macro2::Literal::string(text).to_string()
}

/// A name, in its raw form where it is a word of the language.
fn ident(name: &str) -> String {
    if names::is_word(name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}
