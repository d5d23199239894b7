//! Writes a model as a checkout of annotated Go files, as the server's authors would.

use nd_hostgen::go::{GoSources, SourceFolder};
use nd_hostgen::model::{
    Alias, Capability, Export, Function, Model, Scalar, Service, Struct, Type, TypeModule,
};
use nd_hostgen::names;
use nd_hostgen::syntax::Literal;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The Go files of a model.
pub fn write(model: &Model) -> GoSources {
    let mut sources = GoSources::default();
    let mut host = SourceFolder::default();
    let mut capabilities = SourceFolder::default();
    let mut written = BTreeSet::new();
    for service in &model.services {
        let text = header("host", true) + &service_text(model, service);
        host.files
            .insert(format!("plugins/host/{}.go", service.module), text);
    }
    for capability in &model.capabilities {
        let mut text = header("capabilities", false) + &capability_text(capability);
        let module = own(model, &capability.module);
        for item in module.into_iter().flat_map(|module| &module.structs) {
            // Two capabilities may have the same struct, which Go declares once.
            if capability.declares.contains(&item.name) && written.insert(item.name.clone()) {
                text += &struct_text(item, "types.");
            }
        }
        for alias in &capability.shared_aliases {
            if written.insert(alias.name.clone()) {
                let (name, target) = (&alias.name, &alias.target);
                text += &format!(
                    "{}type {name} = types.{target}\n\n",
                    comment("", &alias.docs)
                );
            }
        }
        if let Some(module) = module {
            text += &constants(module, capability);
        }
        capabilities.files.insert(
            format!("plugins/capabilities/{}.go", capability.module),
            text,
        );
    }
    let mut types = SourceFolder::default();
    for module in model.modules.iter().filter(|module| module.shared) {
        let structs = module.structs.iter();
        let structs: String = structs.map(|item| struct_text(item, "")).collect();
        types.files.insert(
            "plugins/types/types.go".to_owned(),
            format!("package types\n\n{structs}"),
        );
    }
    sources.folders = vec![capabilities, host];
    sources.shared = Some(types);
    sources
}

fn header(package: &str, context: bool) -> String {
    let context = if context { "\t\"context\"\n\n" } else { "" };
    format!("package {package}\n\nimport (\n{context}\t\"example.org/server/plugins/types\"\n)\n\n")
}

fn own<'m>(model: &'m Model, name: &str) -> Option<&'m TypeModule> {
    let mut modules = model.modules.iter().filter(|module| !module.shared);
    modules.find(|module| module.name == name)
}

fn comment(indent: &str, docs: &str) -> String {
    let lines = docs.lines().map(|line| match line {
        "" => format!("{indent}//\n"),
        _ => format!("{indent}// {line}\n"),
    });
    lines.collect()
}

fn service_text(model: &Model, service: &Service) -> String {
    let mut text = comment("", &service.docs);
    let permission = service.permission.as_ref();
    let permission = permission.map(|key| format!(" permission={key}"));
    let _ = write!(
        text,
        "//\n//nd:hostservice name={}{}\ntype {}Service interface {{\n",
        service.name,
        permission.unwrap_or_default(),
        service.trait_name
    );
    for function in &service.functions {
        text += &function_text(service, function);
    }
    text += "}\n\n";
    let module = own(model, &service.module);
    for item in module.into_iter().flat_map(|module| &module.structs) {
        if service.declares.contains(&item.name) {
            text += &struct_text(item, "types.");
        }
    }
    text
}

fn function_text(service: &Service, function: &Function) -> String {
    let mut text = comment("\t", &function.docs);
    let derived = names::import_name(&service.name, &function.name);
    text += "\t//\n\t//nd:hostfunc";
    if derived != function.import {
        let _ = write!(text, " name={}", function.import);
    }
    let params = function.params.iter();
    let params =
        params.map(|param| format!(", {} {}", lower(&param.name), ty(&param.ty, "types.")));
    let params: String = params.collect();
    let name = names::upper_camel(&function.name);
    let _ = write!(text, "\n\t{name}(ctx context.Context{params})");
    let fields = function.answer.fields();
    let unnamed = matches!(fields[..], [only] if only.name == names::UNNAMED_RESULT);
    let mut results: Vec<String> = fields
        .iter()
        .map(|field| match unnamed {
            true => ty(&field.ty, "types."),
            false => format!("{} {}", lower(&field.name), ty(&field.ty, "types.")),
        })
        .collect();
    if function.fallible {
        let named = !fields.is_empty() && !unnamed;
        results.push(if named { "err error" } else { "error" }.to_owned());
    }
    if !results.is_empty() {
        let _ = write!(text, " ({})", results.join(", "));
    }
    text + "\n\n"
}

fn capability_text(capability: &Capability) -> String {
    let mut text = comment("", &capability.docs);
    let required = if capability.required() {
        " required=true"
    } else {
        ""
    };
    let _ = write!(
        text,
        "//\n//nd:capability name={}{required}\ntype {} interface {{\n",
        capability.module, capability.trait_name
    );
    for export in &capability.exports {
        text += &export_text(export);
    }
    text + "}\n\n"
}

fn export_text(export: &Export) -> String {
    let mut text = comment("\t", &export.docs);
    let stem = export.provider.as_ref();
    let stem = stem.and_then(|provider| provider.trait_name.strip_suffix("Provider"));
    let spellings = stem.map(|stem| [format!("Get{stem}"), format!("On{stem}"), stem.to_owned()]);
    let mut spellings = spellings.into_iter().flatten();
    let name = spellings.find(|name| names::snake(name) == export.method);
    let name = name.unwrap_or_else(|| names::upper_camel(&export.method));
    let input = export.input.iter().map(|input| ty(input, "types."));
    let input: String = input.collect();
    let output = export.output.as_ref();
    let output = output.map(|output| format!("{}, ", ty(output, "types.")));
    let _ = write!(
        text,
        "\t//nd:export name={}\n\t{name}({input}) ({}error)\n\n",
        export.name,
        output.unwrap_or_default()
    );
    text
}

fn struct_text(item: &Struct, shared: &str) -> String {
    let mut text = comment("", &item.docs);
    let _ = writeln!(text, "type {} struct {{", item.name);
    for field in &item.fields {
        text += &comment("\t", &field.docs);
        let omit = if field.omit_empty { ",omitempty" } else { "" };
        let _ = writeln!(
            text,
            "\t{} {} `json:\"{}{omit}\"`",
            names::upper_camel(&field.name),
            ty(&field.ty, shared),
            field.json
        );
    }
    text + "}\n\n"
}

fn constants(module: &TypeModule, capability: &Capability) -> String {
    let mut text = String::new();
    for Alias {
        name, docs, target, ..
    } in &module.aliases
    {
        if !capability.declares.contains(name) {
            continue;
        }
        let word = ty(&Type::Scalar(*target), "");
        let _ = write!(text, "{}type {name} {word}\n\nconst (\n", comment("", docs));
        for constant in module.constants.iter().filter(|item| item.ty == *name) {
            let spelled = names::upper_camel(&constant.name.to_lowercase());
            let value = match &constant.value {
                Literal::Text(text) => format!("{text:?}"),
                Literal::Integer(number) => number.to_string(),
            };
            text += &comment("\t", &constant.docs);
            let _ = writeln!(text, "\t{spelled} {name} = {value}");
        }
        text += ")\n\n";
    }
    text
}

/// A name with a small first letter.
fn lower(snake: &str) -> String {
    names::json_name(snake)
}

fn ty(ty: &Type, shared: &str) -> String {
    match ty {
        Type::Scalar(scalar) => match scalar {
            Scalar::String => "string",
            Scalar::Bool => "bool",
            Scalar::I32 => "int32",
            Scalar::I64 => "int64",
            Scalar::U32 => "uint32",
            Scalar::U64 => "uint64",
            Scalar::F32 => "float32",
            Scalar::F64 => "float64",
        }
        .to_owned(),
        Type::Bytes => "[]byte".to_owned(),
        Type::Json => "any".to_owned(),
        Type::List(inner) => format!("[]{}", self::ty(inner, shared)),
        Type::Map(inner) => format!("map[string]{}", self::ty(inner, shared)),
        Type::Option(inner) => format!("*{}", self::ty(inner, shared)),
        Type::Local(name) => name.clone(),
        Type::Shared(name) => format!("{shared}{name}"),
    }
}
