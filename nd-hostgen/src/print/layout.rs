//! Line breaks as rustfmt makes them.

/// How long a line may be.
const WIDTH: usize = 100;

/// How long the arguments of an attribute on one line may be.
const ARGUMENTS: usize = 70;

/// A documentation comment; `mark` is `///` or `//!`.
pub(super) fn docs(indent: &str, mark: &str, docs: &str) -> String {
    let lines = docs.lines().map(|line| match line {
        "" => format!("{indent}{mark}\n"),
        _ => format!("{indent}{mark} {line}\n"),
    });
    lines.collect()
}

/// An attribute with its arguments, on one line if it is short enough.
pub(super) fn attribute(indent: &str, word: &str, arguments: &[String]) -> String {
    if arguments.is_empty() {
        return format!("{indent}#[{word}]\n");
    }
    let line = arguments.join(", ");
    let whole = format!("{indent}#[{word}({line})]");
    if line.chars().count() <= ARGUMENTS && fits(&whole) {
        return whole + "\n";
    }
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| format!("{indent}    {argument}"))
        .collect();
    format!("{indent}#[{word}(\n{}\n{indent})]\n", arguments.join(",\n"))
}

/// A method, with one parameter per line if it is too long.
pub(super) fn method(name: &str, params: &[String], result: &str) -> String {
    let line = format!("    fn {name}({}){result};", params.join(", "));
    if fits(&line) || params.is_empty() {
        return line + "\n";
    }
    let params: String = params
        .iter()
        .map(|param| format!("        {param},\n"))
        .collect();
    format!("    fn {name}(\n{params}    ){result};\n")
}

/// An item with a value, which moves to a line of its own if it is too long.
pub(super) fn assignment(left: &str, value: &str) -> String {
    let line = format!("{left} = {value};");
    if fits(&line) {
        return line + "\n";
    }
    format!("{left} =\n    {value};\n")
}

fn fits(line: &str) -> bool {
    line.chars().count() <= WIDTH
}
