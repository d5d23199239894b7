//! Arbitrary valid models, made from a list of numbers that proptest can shrink: fewer and smaller ones make less.

use nd_hostgen::diagnostic::Place;
use nd_hostgen::model::{
    Alias, Answer, Capability, Constant, Export, Field, Function, Model, Param, Provider,
    ResultField, Scalar, Service, SharedAlias, Struct, Type, TypeModule,
};
use nd_hostgen::names;
use nd_hostgen::syntax::Literal;

/// Words that make names, some of them words of Rust or Go.
const WORDS: [&str; 14] = [
    "id",
    "name",
    "match",
    "type",
    "url",
    "box",
    "ref",
    "track_number",
    "in",
    "mbz_id",
    "a1",
    "use",
    "loop",
    "value",
];

/// Lines of documentation that are hard to carry through.
const LINES: [&str; 12] = [
    "Says something.",
    "",
    "Quotes \"text\" and \\ and `code`.",
    "  - a list with <angle> and [square] brackets",
    "*/ ends no comment /* here",
    "# Errors",
    "Ünïcödé – “quoted” 🎵",
    "```text",
    "//! looks like another",
    "{braces} and $dollars and #hashes",
    "/ a slash",
    "0.61.0",
];

/// What the language of the definitions can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything our own language has.
    Ours,
    /// Only what Go definitions say as well.
    Go,
}

/// A model made from these numbers.
pub fn model(numbers: &[u16], extent: Extent) -> Model {
    let mut maker = Maker {
        numbers,
        at: 0,
        counter: 0,
        extent,
        shared: Vec::new(),
        bare: Vec::new(),
        in_shared: false,
    };
    maker.model()
}

struct Maker<'n> {
    numbers: &'n [u16],
    at: usize,
    counter: usize,
    extent: Extent,
    shared: Vec<String>,
    /// The words that are names as they are.
    bare: Vec<&'static str>,
    /// Whether the shared types are being made, which are local to each other.
    in_shared: bool,
}

impl Maker<'_> {
    /// A number below a bound; 0 when there are none left.
    fn below(&mut self, bound: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(number) % bound
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == one_in - 1
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        let at = self.below(all.len());
        all[at]
    }

    /// A name in snake case that no other has.
    fn snake(&mut self) -> String {
        self.counter += 1;
        let word = self.pick(&WORDS);
        // A bare word of Rust needs its raw form; Go's own words are no names at all.
        if self.extent == Extent::Ours && self.chance(3) && !self.bare.contains(&word) {
            self.bare.push(word);
            return word.to_owned();
        }
        format!("{word}_{}", letters(self.counter))
    }

    fn camel(&mut self) -> String {
        let name = names::upper_camel(&self.snake());
        match self.chance(3) {
            true => format!("HTTP{name}"),
            false => name,
        }
    }

    fn docs(&mut self) -> String {
        let mut lines = vec!["Says what it is.".to_owned()];
        for _ in 0..self.below(4) {
            lines.push(self.pick(&LINES).to_owned());
        }
        // Go keeps one empty line where there are several, and no code of other languages.
        lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
        lines.join("\n").trim_end().to_owned()
    }

    fn release(&mut self, after: usize) -> (usize, String) {
        if self.extent == Extent::Go {
            return (0, String::new());
        }
        let minor = after + self.below(4);
        (minor, format!("0.{minor}.0"))
    }

    fn model(&mut self) -> Model {
        let shared = self.shared_module();
        let mut model = Model {
            modules: Vec::new(),
            services: Vec::new(),
            capabilities: Vec::new(),
        };
        for _ in 0..1 + self.below(3) {
            let (module, service) = self.service(model.services.is_empty());
            model.modules.extend(module);
            model.services.push(service);
        }
        for _ in 0..self.below(3) {
            let (module, capability) = self.capability();
            model.modules.extend(module);
            model.capabilities.push(capability);
        }
        model.modules.extend(shared);
        model.modules.sort_by(|a, b| a.name.cmp(&b.name));
        model.services.sort_by(|a, b| a.module.cmp(&b.module));
        model.capabilities.sort_by(|a, b| a.module.cmp(&b.module));
        model
    }

    fn shared_module(&mut self) -> Option<TypeModule> {
        let count = self.below(3);
        if count == 0 {
            return None;
        }
        self.in_shared = true;
        let mut structs = Vec::new();
        for _ in 0..count {
            let known: Vec<String> = self.shared.clone();
            let item = self.structure(0, &known);
            self.shared.push(item.name.clone());
            structs.push(item);
        }
        self.in_shared = false;
        Some(TypeModule {
            name: "shared".to_owned(),
            shared: true,
            sources: Vec::new(),
            docs: self.docs(),
            structs,
            aliases: Vec::new(),
            constants: Vec::new(),
        })
    }

    /// A struct that may hold these by value.
    fn structure(&mut self, since: usize, known: &[String]) -> Struct {
        let (since, release) = self.release(since);
        let mut fields = Vec::new();
        for _ in 0..self.below(5) {
            let name = self.snake();
            let ty = self.ty(known, 2, false);
            let json = match self.chance(6) {
                true => format!("json-{}", letters(self.counter)),
                false => names::json_name(&name),
            };
            let later = format!("0.{}.0", since + 1);
            let is_later = self.chance(5) && self.extent == Extent::Ours;
            fields.push(Field {
                omit_empty: self.chance(3) && !ty.is_struct(),
                alias: None,
                docs: self.docs(),
                since: is_later.then_some(later),
                name,
                json,
                ty,
            });
        }
        Struct {
            name: self.camel(),
            docs: self.docs(),
            since: release,
            fields,
            place: Place::start_of(""),
        }
    }

    fn ty(&mut self, known: &[String], depth: usize, json: bool) -> Type {
        let choices = if depth == 0 { 3 } else { 6 };
        match self.below(choices) {
            0 => Type::Scalar(self.pick(&Scalar::ALL).1),
            1 if json => Type::Json,
            1 => Type::Bytes,
            2 if !known.is_empty() => {
                let at = self.below(known.len());
                let name = known[at].clone();
                match self.shared.contains(&name) && !self.in_shared {
                    true => Type::Shared(name),
                    false => Type::Local(name),
                }
            }
            2 => Type::Scalar(Scalar::String),
            3 => Type::List(Box::new(self.ty(known, depth - 1, json))),
            4 => Type::Map(Box::new(self.ty(known, depth - 1, json))),
            _ => match self.ty(known, depth - 1, json) {
                // An option of an option is no type.
                Type::Option(inner) => Type::Option(inner),
                inner => Type::Option(Box::new(inner)),
            },
        }
    }

    /// The structs of a module, and the names that its methods may use.
    fn structs(&mut self, since: usize) -> (Vec<Struct>, Vec<String>) {
        let mut structs: Vec<Struct> = Vec::new();
        let mut known = self.shared.clone();
        for _ in 0..self.below(4) {
            let item = self.structure(since, &known);
            known.push(item.name.clone());
            structs.push(item);
        }
        (structs, known)
    }

    fn service(&mut self, is_first: bool) -> (Option<TypeModule>, Service) {
        let (since, release) = self.release(50);
        let (structs, known) = self.structs(since);
        let name = self.camel();
        let trait_name = names::upper_camel(&names::snake(&name));
        let mut functions = Vec::new();
        for at in 0..1 + self.below(4) {
            let mut function = self.function(&name, since, &known);
            if at == 0 {
                // Every struct is used somewhere, the shared ones by the first service.
                let used = structs.iter().map(|item| Type::Local(item.name.clone()));
                let shared = self.shared.iter().filter(|_| is_first);
                let shared = shared.map(|name| Type::Shared(name.clone()));
                let used: Vec<Type> = used.chain(shared).collect();
                for ty in used {
                    let name = self.snake();
                    function.params.push(Param {
                        json: names::json_name(&name),
                        name,
                        ty,
                        distinguish_null: false,
                    });
                }
            }
            functions.push(function);
        }
        let module = names::service_module(&name);
        let service = Service {
            trait_name,
            permission: self.chance(2).then(|| "a-key".to_owned()),
            since: release,
            module_docs: self.docs(),
            docs: self.docs(),
            source: String::new(),
            declares: structs.iter().map(|item| item.name.clone()).collect(),
            functions,
            place: Place::start_of(""),
            module: module.clone(),
            name,
        };
        let docs = service.module_docs.clone();
        let module = (!structs.is_empty()).then(|| TypeModule {
            name: module,
            shared: false,
            sources: Vec::new(),
            docs,
            structs,
            aliases: Vec::new(),
            constants: Vec::new(),
        });
        (module, service)
    }

    fn function(&mut self, service: &str, since: usize, known: &[String]) -> Function {
        let name = self.snake();
        let mut params = Vec::new();
        for _ in 0..self.below(4) {
            let name = self.snake();
            let ty = self.ty(known, 2, true);
            let ours = self.extent == Extent::Ours;
            params.push(Param {
                json: match self.chance(6) && ours {
                    true => format!("json-{}", letters(self.counter)),
                    false => names::json_name(&name),
                },
                distinguish_null: self.chance(4) && ours && !matches!(ty, Type::Option(_)),
                name,
                ty,
            });
        }
        let mut fields = Vec::new();
        for _ in 0..self.below(4) {
            let name = self.snake();
            let json = names::json_name(&name);
            let ty = self.ty(known, 2, true);
            fields.push(ResultField { name, json, ty });
        }
        if fields.len() == 1 && self.chance(2) {
            fields[0].name = names::UNNAMED_RESULT.to_owned();
            fields[0].json = names::UNNAMED_RESULT.to_owned();
        }
        let fallible = self.chance(2);
        let (_, release) = self.release(since);
        let import = match self.chance(5) {
            true => format!("own_import_{}", letters(self.counter)),
            false => names::import_name(service, &name),
        };
        Function {
            docs: self.docs(),
            since: release,
            params,
            answer: answer(fields),
            fallible,
            place: Place::start_of(""),
            import,
            name,
        }
    }

    fn capability(&mut self) -> (Option<TypeModule>, Capability) {
        let (since, release) = self.release(50);
        let (structs, known) = self.structs(since);
        let module = self.snake();
        let required = self.chance(2);
        let trait_name = self.camel();
        let mut exports = Vec::new();
        let inputs = structs.iter().map(|item| Type::Local(item.name.clone()));
        let mut inputs: Vec<Option<Type>> = inputs.map(Some).collect();
        inputs.push(None);
        for input in inputs {
            exports.push(self.export(&module, since, required, input, &known));
        }
        let (aliases, constants) = self.constants(since, &trait_name);
        let mut declares: Vec<String> = structs.iter().map(|item| item.name.clone()).collect();
        declares.extend(aliases.iter().map(|item| item.name.clone()));
        declares.extend(constants.iter().map(|item| item.name.clone()));
        let ours = self.extent == Extent::Ours;
        let identity = match self.chance(3) && ours {
            true => self.camel(),
            false => trait_name.clone(),
        };
        let shared_aliases = self.shared_aliases(since);
        let capability = Capability {
            identity,
            register: required.then(|| names::register_all_macro(&module)),
            since: release,
            module_docs: self.docs(),
            docs: self.docs(),
            source: String::new(),
            declares,
            shared_aliases,
            exports,
            place: Place::start_of(""),
            trait_name,
            module: module.clone(),
        };
        let docs = capability.module_docs.clone();
        let any = !structs.is_empty() || !aliases.is_empty();
        let module = any.then(|| TypeModule {
            name: module,
            shared: false,
            sources: Vec::new(),
            docs,
            structs,
            aliases,
            constants,
        });
        (module, capability)
    }

    fn shared_aliases(&mut self, since: usize) -> Vec<SharedAlias> {
        let mut found = Vec::new();
        for target in self.shared.clone() {
            if self.extent == Extent::Ours && self.chance(3) {
                found.push(SharedAlias {
                    name: self.camel(),
                    docs: self.docs(),
                    since: self.release(since).1,
                    target,
                });
            }
        }
        found
    }

    fn export(
        &mut self,
        module: &str,
        since: usize,
        required: bool,
        input: Option<Type>,
        known: &[String],
    ) -> Export {
        let method = self.snake();
        let provider = Provider {
            trait_name: names::provider_trait(&method),
            register: names::register_macro(module, names::method_stem(&method)),
        };
        let output = match self.chance(2) {
            true => match self.ty(known, 2, true) {
                // A pointer there stands for what it points to.
                Type::Option(inner) => Some(*inner),
                ty => Some(ty),
            },
            false => None,
        };
        let may_lack = self.chance(2) && self.extent == Extent::Ours;
        Export {
            name: format!("nd_{method}"),
            docs: self.docs(),
            since: self.release(since).1,
            essential: required && !may_lack,
            provider: (!required).then_some(provider),
            input,
            output,
            output_alias: None,
            place: Place::start_of(""),
            method,
        }
    }

    fn constants(&mut self, since: usize, start: &str) -> (Vec<Alias>, Vec<Constant>) {
        let (mut aliases, mut constants) = (Vec::new(), Vec::new());
        for _ in 0..self.below(3) {
            let target = self.pick(&[Scalar::String, Scalar::I32, Scalar::I64]);
            let name = format!("{start}{}", self.camel());
            for _ in 0..self.below(3) {
                let small = i64::from(self.below(2000) as u16) - 1000;
                let value = match target {
                    Scalar::String => Literal::Text(self.pick(&LINES).to_owned()),
                    Scalar::I64 if self.chance(3) => Literal::Integer(i64::MIN),
                    _ => Literal::Integer(small),
                };
                constants.push(Constant {
                    name: self.snake().to_uppercase(),
                    docs: self.docs(),
                    since: self.release(since).1,
                    ty: name.clone(),
                    value,
                });
            }
            aliases.push(Alias {
                docs: self.docs(),
                since: self.release(since).1,
                target,
                name,
            });
        }
        (aliases, constants)
    }
}

/// A number as letters.
fn letters(number: usize) -> String {
    let digits = number.to_string().into_bytes().into_iter();
    let digits = digits.map(|digit| char::from(digit - b'0' + b'a'));
    digits.collect()
}

/// The answer that these results make.
fn answer(mut fields: Vec<ResultField>) -> Answer {
    match fields.len() {
        0 => Answer::None,
        1 => Answer::One(fields.remove(0)),
        2 => {
            let truth = Type::Scalar(Scalar::Bool);
            let (value, flag) = (fields[0].clone(), fields[1].clone());
            let named = names::OPTION_FLAGS.contains(&flag.name.as_str());
            if named && flag.ty == truth && value.ty != truth {
                return Answer::Optional { value, flag };
            }
            Answer::Several(fields)
        }
        _ => Answer::Several(fields),
    }
}

/// The same model without what depends on files: places and paths.
pub fn without_places(mut model: Model) -> Model {
    for module in &mut model.modules {
        module.sources.clear();
        for item in &mut module.structs {
            item.place = Place::start_of("");
        }
    }
    for service in &mut model.services {
        service.source.clear();
        service.place = Place::start_of("");
        for function in &mut service.functions {
            function.place = Place::start_of("");
        }
    }
    for capability in &mut model.capabilities {
        capability.source.clear();
        capability.place = Place::start_of("");
        for export in &mut capability.exports {
            export.place = Place::start_of("");
        }
    }
    model
}
