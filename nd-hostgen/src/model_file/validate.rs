//! What must hold in a model that no front end has checked: names are identifiers, names of types lead somewhere.

use crate::diagnostic::Place;
use crate::lower::SHARED_MODULE;
use crate::model::{
    Answer, Capability, Export, Function, Model, ResultField, Scalar, Service, Struct, Type,
    TypeModule,
};
use crate::names;
use crate::syntax::Literal;
use std::collections::BTreeSet;

/// Every contradiction of a model, each with where it is; none if the model is sound.
pub(super) fn mistakes(model: &Model) -> Vec<String> {
    let mut found = Validator {
        model,
        mistakes: Vec::new(),
    };
    found.modules();
    found.services();
    found.capabilities();
    found.mistakes
}

struct Validator<'a> {
    model: &'a Model,
    mistakes: Vec<String>,
}

impl Validator<'_> {
    fn mistake(&mut self, place: &str, what: impl AsRef<str>) {
        self.mistakes.push(format!("{place}: {}", what.as_ref()));
    }

    fn modules(&mut self) {
        let model = self.model;
        self.unique("modules", "module", model.modules.iter().map(|m| &m.name));
        for module in &model.modules {
            let place = format!("module `{}`", module.name);
            self.module_name(&place, &module.name);
            if module.shared != (module.name == SHARED_MODULE) {
                let rule =
                    format!("the shared module is called `{SHARED_MODULE}`, and no other is");
                self.mistake(&place, rule);
            }
            self.docs(&place, &module.docs);
            for source in &module.sources {
                self.line(&place, "source", source);
            }
            let structs = module.structs.iter().map(|item| &item.name);
            let aliases = module.aliases.iter().map(|item| &item.name);
            self.unique(&place, "type", structs.chain(aliases));
            let constants = module.constants.iter().map(|item| &item.name);
            self.unique(&place, "constant", constants);
            for item in &module.structs {
                self.structure(&place, module, item);
            }
            for alias in &module.aliases {
                let place = format!("{place}, alias `{}`", alias.name);
                self.identifier(&place, &alias.name);
                self.docs(&place, &alias.docs);
                self.line(&place, "since", &alias.since);
                if !matches!(alias.target, Scalar::String | Scalar::I32 | Scalar::I64) {
                    self.mistake(&place, "its type is neither a text nor a signed integer");
                }
            }
            self.constants(&place, module);
        }
    }

    fn constants(&mut self, place: &str, module: &TypeModule) {
        for constant in &module.constants {
            let place = format!("{place}, constant `{}`", constant.name);
            self.identifier(&place, &constant.name);
            self.docs(&place, &constant.docs);
            self.line(&place, "since", &constant.since);
            let mut aliases = module.aliases.iter();
            match aliases.find(|alias| alias.name == constant.ty) {
                None => self.mistake(&place, format!("there is no alias `{}`", constant.ty)),
                Some(alias) => {
                    let fits = match (&constant.value, alias.target) {
                        (Literal::Text(_), target) => target == Scalar::String,
                        (Literal::Integer(value), Scalar::I32) => i32::try_from(*value).is_ok(),
                        (Literal::Integer(_), target) => target == Scalar::I64,
                    };
                    if !fits {
                        self.mistake(&place, format!("its value is no `{}`", constant.ty));
                    }
                }
            }
        }
    }

    fn structure(&mut self, place: &str, module: &TypeModule, item: &Struct) {
        let place = format!("{place}, struct `{}`", item.name);
        self.identifier(&place, &item.name);
        self.docs(&place, &item.docs);
        self.line(&place, "since", &item.since);
        self.place(&place, &item.place);
        self.unique(&place, "field", item.fields.iter().map(|field| &field.name));
        self.unique(
            &place,
            "JSON name",
            item.fields.iter().map(|field| &field.json),
        );
        for field in &item.fields {
            let place = format!("{place}, field `{}`", field.name);
            self.identifier(&place, &field.name);
            self.docs(&place, &field.docs);
            self.line(&place, "json", &field.json);
            self.line(&place, "alias", field.alias.as_deref().unwrap_or_default());
            self.line(&place, "since", field.since.as_deref().unwrap_or_default());
            self.ty(&place, &module.name, &field.ty);
        }
        if self.holds_itself(module, item) {
            self.mistake(&place, "it holds itself, so no value of it ends");
        }
    }

    /// Whether a struct holds itself directly, not through a list, map or option.
    fn holds_itself(&self, module: &TypeModule, item: &Struct) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![(module, item)];
        while let Some((module, current)) = next.pop() {
            for field in &current.fields {
                let inner = match &field.ty {
                    Type::Local(name) => Some((module.name.as_str(), name)),
                    Type::Shared(name) => Some((SHARED_MODULE, name)),
                    _ => None,
                };
                let inner = inner.and_then(|(module, name)| self.find(module, name));
                let Some((module, inner)) = inner else {
                    continue;
                };
                if std::ptr::eq(inner, item) {
                    return true;
                }
                if seen.insert((&module.name, &inner.name)) {
                    next.push((module, inner));
                }
            }
        }
        false
    }

    fn services(&mut self) {
        let model = self.model;
        let services = &model.services;
        self.unique(
            "services",
            "service",
            services.iter().map(|item| &item.name),
        );
        self.unique(
            "services",
            "module",
            services.iter().map(|item| &item.module),
        );
        self.unique(
            "services",
            "trait",
            services.iter().map(|item| &item.trait_name),
        );
        let functions = services.iter().flat_map(|item| &item.functions);
        self.unique("services", "import", functions.map(|item| &item.import));
        for service in services {
            self.service(service);
        }
    }

    fn service(&mut self, service: &Service) {
        let place = format!("service `{}`", service.name);
        self.identifier(&place, &service.name);
        self.module_name(&place, &service.module);
        self.identifier(&place, &service.trait_name);
        self.line(
            &place,
            "permission",
            service.permission.as_deref().unwrap_or_default(),
        );
        self.line(&place, "since", &service.since);
        self.line(&place, "source", &service.source);
        self.docs(&place, &service.docs);
        self.docs(&place, &service.module_docs);
        self.place(&place, &service.place);
        self.declares(&place, &service.module, &service.declares);
        self.unique(
            &place,
            "function",
            service.functions.iter().map(|item| &item.name),
        );
        for function in &service.functions {
            self.function(&place, &service.module, function);
        }
    }

    fn function(&mut self, place: &str, module: &str, function: &Function) {
        let place = format!("{place}, function `{}`", function.name);
        self.identifier(&place, &function.name);
        self.line(&place, "import", &function.import);
        self.line(&place, "since", &function.since);
        self.docs(&place, &function.docs);
        self.place(&place, &function.place);
        self.unique(
            &place,
            "parameter",
            function.params.iter().map(|param| &param.name),
        );
        self.unique(
            &place,
            "JSON name",
            function.params.iter().map(|param| &param.json),
        );
        for param in &function.params {
            let place = format!("{place}, parameter `{}`", param.name);
            self.identifier(&place, &param.name);
            self.line(&place, "json", &param.json);
            self.ty(&place, module, &param.ty);
        }
        let fields = function.answer.fields();
        self.unique(&place, "result", fields.iter().map(|field| &field.name));
        self.unique(
            &place,
            "result's JSON name",
            fields.iter().map(|field| &field.json),
        );
        for field in fields {
            self.result(&place, module, field);
        }
        match &function.answer {
            Answer::Optional { flag, .. } if flag.ty != Type::Scalar(Scalar::Bool) => {
                self.mistake(&place, "the flag of an optional answer is no `bool`");
            }
            Answer::Several(fields) if fields.len() < 2 => {
                self.mistake(&place, "several results are at least two");
            }
            _ => {}
        }
    }

    fn result(&mut self, place: &str, module: &str, field: &ResultField) {
        let place = format!("{place}, result `{}`", field.name);
        self.identifier(&place, &field.name);
        self.line(&place, "json", &field.json);
        if field.json == names::ERROR_RESULT {
            self.mistake(&place, "its JSON name is that of the error text");
        }
        self.ty(&place, module, &field.ty);
    }

    fn capabilities(&mut self) {
        let model = self.model;
        let capabilities = &model.capabilities;
        let modules = capabilities.iter().map(|item| &item.module);
        self.unique("capabilities", "module", modules);
        let exports = capabilities.iter().flat_map(|item| &item.exports);
        self.unique("capabilities", "export", exports.map(|item| &item.name));
        for capability in capabilities {
            self.capability(capability);
        }
    }

    fn capability(&mut self, capability: &Capability) {
        let place = format!("capability `{}`", capability.module);
        self.module_name(&place, &capability.module);
        self.line(&place, "identity", &capability.identity);
        self.identifier(&place, &capability.trait_name);
        self.line(&place, "since", &capability.since);
        self.line(&place, "source", &capability.source);
        self.docs(&place, &capability.docs);
        self.docs(&place, &capability.module_docs);
        self.place(&place, &capability.place);
        self.declares(&place, &capability.module, &capability.declares);
        if let Some(register) = &capability.register {
            self.identifier(&place, register);
        }
        for alias in &capability.shared_aliases {
            let place = format!("{place}, alias `{}`", alias.name);
            self.identifier(&place, &alias.name);
            self.docs(&place, &alias.docs);
            self.line(&place, "since", &alias.since);
            self.ty(
                &place,
                &capability.module,
                &Type::Shared(alias.target.clone()),
            );
        }
        self.unique(
            &place,
            "method",
            capability.exports.iter().map(|item| &item.method),
        );
        for export in &capability.exports {
            self.export(&place, capability, export);
        }
    }

    fn export(&mut self, place: &str, capability: &Capability, export: &Export) {
        let place = format!("{place}, export `{}`", export.name);
        self.identifier(&place, &export.name);
        self.identifier(&place, &export.method);
        self.line(&place, "since", &export.since);
        self.docs(&place, &export.docs);
        self.place(&place, &export.place);
        if export.provider.is_some() == capability.required() {
            self.mistake(
                &place,
                "it has a trait of its own unless one trait holds all exports",
            );
        }
        if let Some(provider) = &export.provider {
            self.identifier(&place, &provider.trait_name);
            self.identifier(&place, &provider.register);
        }
        let alias = export.output_alias.as_deref().unwrap_or_default();
        self.line(&place, "outputAlias", alias);
        for ty in export.input.iter().chain(&export.output) {
            self.ty(&place, &capability.module, ty);
        }
    }

    /// Every name that a file declares is in its module.
    fn declares(&mut self, place: &str, module: &str, names: &[String]) {
        let mut modules = self.model.modules.iter();
        let module = modules.find(|item| item.name == module);
        for name in names {
            let declared = module.is_some_and(|module| {
                module.structs.iter().any(|item| item.name == *name)
                    || module.aliases.iter().any(|item| item.name == *name)
                    || module.constants.iter().any(|item| item.name == *name)
            });
            if !declared {
                self.mistake(
                    place,
                    format!("it declares `{name}`, which is not in its module"),
                );
            }
        }
    }

    fn ty(&mut self, place: &str, module: &str, ty: &Type) {
        match ty {
            Type::List(inner) | Type::Map(inner) | Type::Option(inner) => {
                self.ty(place, module, inner);
            }
            Type::Local(name) if self.find(module, name).is_none() => {
                self.mistake(place, format!("there is no struct `{name}` in its module"));
            }
            Type::Shared(name) if self.find(SHARED_MODULE, name).is_none() => {
                self.mistake(place, format!("there is no shared struct `{name}`"));
            }
            _ => {}
        }
    }

    fn find(&self, module: &str, name: &str) -> Option<(&TypeModule, &Struct)> {
        let mut modules = self.model.modules.iter();
        let module = modules.find(|item| item.name == module)?;
        let found = module.structs.iter().find(|item| item.name == name)?;
        Some((module, found))
    }

    fn unique<'b>(&mut self, place: &str, what: &str, names: impl IntoIterator<Item = &'b String>) {
        let mut taken = BTreeSet::new();
        for name in names {
            if !taken.insert(name) {
                self.mistake(place, format!("the {what} `{name}` is there twice"));
            }
        }
    }

    fn module_name(&mut self, place: &str, name: &str) {
        if !names::is_snake(name) {
            self.mistake(place, format!("`{name}` is no name of a module"));
        }
    }

    fn identifier(&mut self, place: &str, name: &str) {
        let mut chars = name.chars();
        let first = chars.next();
        let starts = first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        let sound = starts && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !sound || ["_", "self", "Self", "super", "crate"].contains(&name) {
            self.mistake(place, format!("`{}` is no identifier", name.escape_debug()));
        }
    }

    /// Documentation may have several lines, but none of the characters that break a comment.
    fn docs(&mut self, place: &str, docs: &str) {
        if docs
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            self.mistake(place, "its documentation holds control characters");
        }
    }

    /// A text that ends up inside one line.
    fn line(&mut self, place: &str, what: &str, text: &str) {
        if text.chars().any(char::is_control) {
            self.mistake(place, format!("its `{what}` holds control characters"));
        }
    }

    fn place(&mut self, place: &str, at: &Place) {
        if at.line == 0 || at.column == 0 || at.width == 0 {
            self.mistake(place, "lines, columns and widths count from 1");
        }
        self.line(place, "file", &at.file);
    }
}
