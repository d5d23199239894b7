//! Turns checked definitions into the model: names settled, types resolved, defaults filled in.

use crate::diagnostic::Place;
use crate::model::{
    Alias, Answer, Capability, Constant, Export, Field, Function, Model, Param, Provider,
    ResultField, Scalar, Service, SharedAlias, Struct, Type, TypeModule,
};
use crate::names;
use crate::resolve::{Scope, Target};
use crate::syntax::{self, AliasTarget, Folder, SourceFile, Spanned, TypeKind};
use std::collections::BTreeMap;

/// The name of the module that holds shared types.
pub const SHARED_MODULE: &str = "shared";

/// Lowers files that [`crate::check::check`] found sound.
pub fn lower(files: &[SourceFile]) -> Model {
    let scope = Scope::new(files);
    let lowerings = files.iter().map(|file| Lowering {
        scope: &scope,
        file,
    });
    let lowerings: Vec<Lowering<'_>> = lowerings.collect();
    Model {
        modules: type_modules(&lowerings),
        services: lowerings.iter().flat_map(Lowering::services).collect(),
        capabilities: lowerings.iter().flat_map(Lowering::capabilities).collect(),
    }
}

/// Groups the types by module; a service and a capability of one name share theirs.
fn type_modules(lowerings: &[Lowering<'_>]) -> Vec<TypeModule> {
    let mut modules: BTreeMap<String, TypeModule> = BTreeMap::new();
    for lowering in lowerings {
        let file = lowering.file;
        let (structs, aliases) = (lowering.structs(), lowering.aliases());
        if structs.is_empty() && aliases.is_empty() {
            continue;
        }
        let shared = file.folder == Folder::Types;
        let name = if shared { SHARED_MODULE } else { &file.stem };
        let module = modules
            .entry(name.to_owned())
            .or_insert_with(|| TypeModule {
                name: name.to_owned(),
                shared,
                sources: Vec::new(),
                docs: file.docs.clone(),
                structs: Vec::new(),
                aliases: Vec::new(),
                constants: Vec::new(),
            });
        module.sources.push(file.path.clone());
        // A service and a capability of one name may use one and the same Go struct.
        let known: Vec<Place> = module
            .structs
            .iter()
            .map(|item| item.place.clone())
            .collect();
        let structs = structs.into_iter();
        let structs = structs.filter(|item| !known.contains(&item.place));
        module.structs.extend(structs);
        module.aliases.extend(aliases);
        module.constants.extend(lowering.constants());
    }
    modules.into_values().collect()
}

/// One file and the names it sees.
struct Lowering<'a> {
    scope: &'a Scope<'a>,
    file: &'a SourceFile,
}

impl Lowering<'_> {
    /// The release of the file's service or capability, which its types default to.
    fn since(&self) -> &str {
        let service = self.file.services.first().map(|item| &item.since);
        let capability = self.file.capabilities.first().map(|item| &item.since);
        text(service.or(capability).and_then(Option::as_ref))
    }

    fn structs(&self) -> Vec<Struct> {
        let structs = self.file.structs.iter().map(|item| Struct {
            name: item.name.value.clone(),
            docs: item.docs.clone(),
            since: or(&item.since, self.since()),
            fields: item.fields.iter().map(|field| self.field(field)).collect(),
            place: item.name.place.clone(),
        });
        structs.collect()
    }

    fn field(&self, field: &syntax::Field) -> Field {
        Field {
            name: field.name.value.clone(),
            json: or(&field.json, &names::json_name(&field.name.value)),
            docs: field.docs.clone(),
            since: field.since.as_ref().map(|since| since.value.clone()),
            ty: self.ty(&field.ty),
            omit_empty: field.omit_empty.is_some(),
            alias: field.alias.clone(),
        }
    }

    fn aliases(&self) -> Vec<Alias> {
        let aliases = self.file.aliases.iter().filter(|alias| !alias.deprecated);
        let aliases = aliases.map(|alias| Alias {
            name: alias.name.value.clone(),
            docs: alias.docs.clone(),
            since: or(&alias.since, self.since()),
            target: match &alias.target {
                AliasTarget::Type(syntax::Type {
                    kind: TypeKind::Scalar(scalar),
                    ..
                }) => *scalar,
                _ => Scalar::String,
            },
        });
        aliases.collect()
    }

    fn constants(&self) -> Vec<Constant> {
        let constants = self.file.constants.iter().map(|constant| Constant {
            name: constant.name.value.clone(),
            docs: constant.docs.clone(),
            since: or(&constant.since, self.since()),
            ty: constant.ty.value.clone(),
            value: constant.value.clone(),
        });
        constants.collect()
    }

    fn shared_aliases(&self) -> Vec<SharedAlias> {
        let aliases = self.file.aliases.iter().filter(|alias| alias.deprecated);
        let aliases = aliases.filter_map(|alias| match &alias.target {
            AliasTarget::Type(ty) => match self.ty(ty) {
                Type::Shared(target) => Some(SharedAlias {
                    name: alias.name.value.clone(),
                    docs: alias.docs.clone(),
                    since: or(&alias.since, self.since()),
                    target,
                }),
                _ => None,
            },
            AliasTarget::StaticStr => None,
        });
        aliases.collect()
    }

    /// The names that the file's type module has because of this file.
    fn declares(&self) -> Vec<String> {
        let structs = self.file.structs.iter().map(|item| &item.name);
        let aliases = self.file.aliases.iter().filter(|alias| !alias.deprecated);
        let aliases = aliases.map(|alias| &alias.name);
        let constants = self.file.constants.iter().map(|item| &item.name);
        let names = structs.chain(aliases).chain(constants);
        names.map(|name| name.value.clone()).collect()
    }

    fn services(&self) -> Vec<Service> {
        let services = self.file.services.iter().map(|service| {
            let name = text(service.name.as_ref());
            let functions = service.functions.iter();
            Service {
                name: name.to_owned(),
                module: names::service_module(name),
                trait_name: service.trait_name.value.clone(),
                permission: service.permission.as_ref().map(|key| key.value.clone()),
                since: self.since().to_owned(),
                module_docs: self.file.docs.clone(),
                docs: service.docs.clone(),
                source: self.file.path.clone(),
                declares: self.declares(),
                functions: functions.map(|item| self.function(name, item)).collect(),
                place: service.trait_name.place.clone(),
            }
        });
        services.collect()
    }

    fn function(&self, service: &str, function: &syntax::Function) -> Function {
        let params = function.params.iter().map(|param| Param {
            name: param.name.value.clone(),
            json: or(&param.json, &names::json_name(&param.name.value)),
            ty: self.ty(&param.ty),
            distinguish_null: param.distinguish_null.is_some(),
        });
        Function {
            name: function.name.value.clone(),
            import: or(
                &function.import,
                &names::import_name(service, &function.name.value),
            ),
            docs: function.docs.clone(),
            since: or(&function.since, self.since()),
            params: params.collect(),
            answer: self.answer(function),
            fallible: function.fallible,
            place: function.name.place.clone(),
        }
    }

    fn answer(&self, function: &syntax::Function) -> Answer {
        let named = function.result_names.iter().map(Some);
        let names = named.chain(std::iter::repeat(None));
        let fields = function.results.iter().zip(names);
        let mut fields: Vec<ResultField> = fields
            .map(|(ty, given)| {
                let name = given.map_or(names::UNNAMED_RESULT, |given| &given.name.value);
                ResultField {
                    name: name.to_owned(),
                    json: match given {
                        Some(given) => or(&given.json, &names::json_name(name)),
                        None => names::json_name(name),
                    },
                    ty: self.ty(ty),
                }
            })
            .collect();
        match (fields.pop(), fields.pop()) {
            (None, _) => Answer::None,
            (Some(only), None) => Answer::One(only),
            (Some(flag), Some(value)) if fields.is_empty() && is_option(&value, &flag) => {
                Answer::Optional { value, flag }
            }
            (Some(last), Some(before)) => {
                fields.extend([before, last]);
                Answer::Several(fields)
            }
        }
    }

    fn capabilities(&self) -> Vec<Capability> {
        let capabilities = self.file.capabilities.iter().map(|capability| {
            let module = text(capability.name.as_ref());
            let exports = capability.exports.iter();
            Capability {
                module: module.to_owned(),
                identity: or(&capability.identity, &capability.trait_name.value),
                trait_name: capability.trait_name.value.clone(),
                register: capability
                    .required
                    .then(|| names::register_all_macro(module)),
                since: self.since().to_owned(),
                module_docs: self.file.docs.clone(),
                docs: capability.docs.clone(),
                source: self.file.path.clone(),
                declares: self.declares(),
                shared_aliases: self.shared_aliases(),
                exports: exports.map(|item| self.export(capability, item)).collect(),
                place: capability.trait_name.place.clone(),
            }
        });
        capabilities.collect()
    }

    fn export(&self, capability: &syntax::Capability, export: &syntax::Export) -> Export {
        let method = export.method.value.as_str();
        let provider = || {
            let stem = or(&export.register, names::method_stem(method));
            Provider {
                trait_name: or(&export.provider, &names::provider_trait(method)),
                register: names::register_macro(text(capability.name.as_ref()), &stem),
            }
        };
        Export {
            name: text(export.name.as_ref()).to_owned(),
            method: method.to_owned(),
            docs: export.docs.clone(),
            since: or(&export.since, self.since()),
            essential: export.essential.is_some(),
            provider: (!capability.required).then(provider),
            input: export.params.first().map(|param| self.ty(&param.ty)),
            output: export.output.as_ref().map(|ty| self.ty(ty)),
            output_alias: export.output_alias.clone(),
            place: export.method.place.clone(),
        }
    }

    fn ty(&self, ty: &syntax::Type) -> Type {
        match &ty.kind {
            TypeKind::Scalar(scalar) => Type::Scalar(*scalar),
            TypeKind::Bytes => Type::Bytes,
            TypeKind::Json => Type::Json,
            TypeKind::List(inner) => Type::List(Box::new(self.ty(inner))),
            TypeKind::Map(inner) => Type::Map(Box::new(self.ty(inner))),
            TypeKind::Option(inner) => Type::Option(Box::new(self.ty(inner))),
            TypeKind::Named { shared, name } => {
                match self.scope.resolve(self.file, *shared, name) {
                    // Shared types form one module, however many files declare them.
                    Some(Target::Shared(_)) if self.file.folder != Folder::Types => {
                        Type::Shared(name.clone())
                    }
                    _ => Type::Local(name.clone()),
                }
            }
        }
    }
}

/// Whether two results form an option: a value and a flag of the right name.
fn is_option(value: &ResultField, flag: &ResultField) -> bool {
    let truth = Type::Scalar(Scalar::Bool);
    flag.ty == truth && value.ty != truth && names::OPTION_FLAGS.contains(&flag.name.as_str())
}

/// What was written, or nothing.
fn text(written: Option<&Spanned<String>>) -> &str {
    written.map_or("", |written| &written.value)
}

/// What was written, or a default.
fn or(written: &Option<Spanned<String>>, default: &str) -> String {
    written
        .as_ref()
        .map_or_else(|| default.to_owned(), |written| written.value.clone())
}
