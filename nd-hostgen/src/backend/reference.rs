//! The reference documentation: what crosses the wire, as Markdown pages for people who use no Rust.

use super::Files;
use crate::model::{
    Answer, Capability, Export, Field, Function, Model, Service, Struct, Type, TypeModule,
};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Where the files go.
pub const DIRECTORY: &str = "capabilities/reference";

/// Writes the pages of a repository.
pub fn emit(model: &Model, files: &mut Files) {
    for (name, text) in pages(model) {
        let header = super::header("<!--", "capabilities/", super::COMMAND);
        let text = format!("{} -->\n\n{text}", header.trim_end());
        files.insert(format!("{DIRECTORY}/{name}"), text);
    }
}

/// The pages by file name, without a header.
pub fn pages(model: &Model) -> Files {
    let pages = [
        ("services.md", services(model)),
        ("capabilities.md", capabilities(model)),
        ("types.md", types(model)),
    ];
    pages.map(|(name, text)| (name.to_owned(), text)).into()
}

fn services(model: &Model) -> String {
    let mut page = Page::new(
        "Host services",
        "What a plugin may import from `extism:host/user`. Each function takes a JSON object and answers one; the answer \
         leaves out what is empty, and holds `error` instead where a function can fail.",
    );
    page.head(&["service", "permission", "since", "functions"]);
    for service in &model.services {
        let permission = match &service.permission {
            Some(key) => code(key),
            None => "none".to_owned(),
        };
        let name = format!("[{0}](#{1})", service.name, anchor(&service.name));
        let count = service.functions.len().to_string();
        page.row(&[&name, &permission, &service.since, &count]);
    }
    for service in &model.services {
        page.heading(2, &service.name);
        page.docs(3, &service.module_docs);
        page.docs(3, &service.docs);
        for function in &service.functions {
            page.function(service, function);
        }
    }
    page.text
}

fn capabilities(model: &Model) -> String {
    let mut page = Page::new(
        "Capabilities",
        "What a plugin may export. The input is a JSON document, and so is the output; every export can fail.",
    );
    page.head(&["capability", "exports", "since", "which"]);
    for capability in &model.capabilities {
        let name = format!("[{0}](#{0})", capability.module);
        let count = capability.exports.len().to_string();
        let which = if capability.required() { "all" } else { "any" };
        page.row(&[&name, &count, &capability.since, which]);
    }
    for capability in &model.capabilities {
        page.heading(2, &capability.module);
        page.docs(3, &capability.module_docs);
        page.docs(3, &capability.docs);
        for export in &capability.exports {
            page.export(capability, export);
        }
        page.constants(model, capability);
    }
    page.text
}

fn types(model: &Model) -> String {
    let mut page = Page::new(
        "Types",
        "JSON objects by name. A reader takes what is missing or null for the empty value of its type.",
    );
    let (shared, own): (Vec<_>, Vec<_>) = model.modules.iter().partition(|module| module.shared);
    for module in shared.into_iter().chain(own) {
        if module.structs.is_empty() {
            continue;
        }
        page.heading(
            2,
            if module.shared {
                "Shared"
            } else {
                &module.name
            },
        );
        for item in &module.structs {
            page.structure(module, item);
        }
    }
    page.text
}

/// A page that grows.
struct Page {
    text: String,
}

impl Page {
    fn new(title: &str, about: &str) -> Self {
        Self {
            text: format!("# {title}\n\n{about}\n"),
        }
    }

    fn heading(&mut self, level: usize, text: &str) {
        let _ = write!(self.text, "\n{} {text}\n", "#".repeat(level));
    }

    fn paragraph(&mut self, text: &str) {
        let _ = write!(self.text, "\n{text}\n");
    }

    /// Documentation, whose own headings go below this level.
    fn docs(&mut self, level: usize, docs: &str) {
        let docs = docs.trim();
        if docs.is_empty() {
            return;
        }
        self.text.push('\n');
        let mut fenced = false;
        for line in docs.lines() {
            fenced ^= line.trim_start().starts_with("```");
            if line.starts_with('#') && !fenced {
                self.text.push_str(&"#".repeat(level));
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    fn head(&mut self, cells: &[&str]) {
        self.text.push('\n');
        self.row(cells);
        self.row(&vec!["---"; cells.len()]);
    }

    fn row(&mut self, cells: &[&str]) {
        for cell in cells {
            let cell = cell.replace('|', "\\|").replace('\n', " ");
            let _ = write!(self.text, "| {cell} ");
        }
        self.text.push_str("|\n");
    }

    fn function(&mut self, service: &Service, function: &Function) {
        self.heading(3, &code(&function.import));
        self.docs(3, &function.docs);
        let answer = function.answer.fields();
        if !function.params.is_empty() || !answer.is_empty() {
            self.head(&["", "name", "type"]);
        }
        for param in &function.params {
            let ty = shown(&service.module, &param.ty);
            self.row(&["parameter", &code(&param.json), &ty]);
        }
        for field in &answer {
            let ty = shown(&service.module, &field.ty);
            self.row(&["result", &code(&field.json), &ty]);
        }
        let mut notes = since(&function.since);
        if let Answer::Optional { value, flag } = &function.answer {
            let (value, flag) = (code(&value.json), code(&flag.json));
            notes.push(format!("{value} counts only if {flag} is true."));
        }
        if !function.fallible {
            notes.push("It cannot fail.".to_owned());
        }
        if !notes.is_empty() {
            self.paragraph(&notes.join(" "));
        }
    }

    fn export(&mut self, capability: &Capability, export: &Export) {
        self.heading(3, &code(&export.name));
        self.docs(3, &export.docs);
        let payload = |ty: &Option<Type>| match ty {
            Some(ty) => shown(&capability.module, ty),
            None => "none".to_owned(),
        };
        self.head(&["input", "output", "since"]);
        let (input, output) = (payload(&export.input), payload(&export.output));
        self.row(&[&input, &output, &export.since]);
    }

    fn constants(&mut self, model: &Model, capability: &Capability) {
        let own: BTreeSet<&String> = capability.declares.iter().collect();
        let modules = model.modules.iter();
        let modules = modules.filter(|module| module.name == capability.module);
        let constants = modules.flat_map(|module| &module.constants);
        let constants: Vec<_> = constants.filter(|item| own.contains(&item.name)).collect();
        if constants.is_empty() {
            return;
        }
        self.head(&["constant", "value", "meaning"]);
        for constant in constants {
            let value = match &constant.value {
                crate::syntax::Literal::Text(text) => code(text),
                crate::syntax::Literal::Integer(number) => number.to_string(),
            };
            self.row(&[&code(&constant.name), &value, first_line(&constant.docs)]);
        }
    }

    fn structure(&mut self, module: &TypeModule, item: &Struct) {
        self.heading(3, &title(&module.name, module.shared, &item.name));
        self.docs(3, &item.docs);
        if !item.fields.is_empty() {
            self.head(&["field", "type", "written", "meaning"]);
        }
        for field in &item.fields {
            let ty = shown(&module.name, &field.ty);
            let meaning = meaning(field);
            self.row(&[&code(&field.json), &ty, written(field), &meaning]);
        }
        let since = since(&item.since);
        if !since.is_empty() {
            self.paragraph(&since.join(" "));
        }
    }
}

/// When a field is written.
fn written(field: &Field) -> &'static str {
    if field.omit_empty && !field.ty.is_struct() {
        "unless empty"
    } else {
        "always"
    }
}

/// A field's documentation in one line, with the release if it is newer than its struct.
fn meaning(field: &Field) -> String {
    let docs = field.docs.lines().filter(|line| !line.trim().is_empty());
    let docs: Vec<&str> = docs.map(str::trim).collect();
    let mut parts = vec![docs.join(" ")];
    parts.extend(field.since.iter().flat_map(|release| since(release)));
    parts.join(" ").trim().to_owned()
}

fn since(release: &str) -> Vec<String> {
    let sentence = super::docs::since_sentence(release);
    (!release.is_empty())
        .then_some(sentence)
        .into_iter()
        .collect()
}

fn first_line(docs: &str) -> &str {
    docs.lines().next().unwrap_or_default()
}

/// A type in words, structs with a link to the page of types.
fn shown(module: &str, ty: &Type) -> String {
    match ty {
        Type::Scalar(scalar) => match scalar.word() {
            "String" => "string".to_owned(),
            word => word.to_owned(),
        },
        Type::Bytes => "base64 string".to_owned(),
        Type::Json => "any value".to_owned(),
        Type::List(inner) => format!("list of {}", shown(module, inner)),
        Type::Map(inner) => format!("object with values of {}", shown(module, inner)),
        Type::Option(inner) => format!("{} or null", shown(module, inner)),
        Type::Local(name) => link(
            name,
            &title(module, module == crate::lower::SHARED_MODULE, name),
        ),
        Type::Shared(name) => link(name, &title("", true, name)),
    }
}

fn link(name: &str, title: &str) -> String {
    format!("[{name}](types.md#{})", anchor(title))
}

/// The heading of a type; those of different modules may share a name.
fn title(module: &str, shared: bool, name: &str) -> String {
    if shared {
        name.to_owned()
    } else {
        format!("{module} {name}")
    }
}

/// The anchor that a heading has.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A name as code.
fn code(name: &str) -> String {
    format!("`{name}`")
}
