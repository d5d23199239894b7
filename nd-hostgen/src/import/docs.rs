//! Documentation for what comes from Go: made valid for rustdoc, begun as ours begins, and made up where there is none.

use crate::names;

/// The documentation of an item called `name`, taken from the Go comment `docs`; nothing if there is none.
pub(super) fn adapted(docs: &str, name: &str) -> String {
    let docs = without_name(docs, name);
    let mut lines: Vec<String> = Vec::new();
    let mut in_code = false;
    for line in docs.lines() {
        let goes_on = in_code && (line.is_empty() || line.starts_with("    "));
        let is_code = line.starts_with('\t') || goes_on;
        if is_code && !in_code {
            lines.push("```text".to_owned());
        }
        if !is_code && in_code {
            close(&mut lines);
            lines.push(String::new());
        }
        in_code = is_code;
        lines.push(match is_code {
            true => line
                .strip_prefix('\t')
                .unwrap_or(line)
                .trim_end()
                .to_owned(),
            false => escaped(line),
        });
    }
    if in_code {
        close(&mut lines);
    }
    lines.join("\n").trim_matches('\n').to_owned()
}

/// Ends a block of code, before the empty lines that follow it.
fn close(lines: &mut Vec<String>) {
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.push("```".to_owned());
}

/// Takes away the name that Go comments begin with: “Foo returns …” becomes “Returns …”.
fn without_name(docs: &str, name: &str) -> String {
    let Some((first, rest)) = docs.split_once(' ') else {
        return docs.to_owned();
    };
    if names::snake(first) != names::snake(name) {
        return docs.to_owned();
    }
    let rest = rest.trim_start();
    let rest = ["is ", "are "]
        .iter()
        .find_map(|verb| rest.strip_prefix(verb))
        .unwrap_or(rest);
    let mut chars = rest.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => docs.to_owned(),
    }
}

/// A line without what rustdoc would take for links and tags.
fn escaped(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let mut text = " ".repeat(indent.min(3));
    for (at, part) in line.trim_start().split('`').enumerate() {
        if at > 0 {
            text.push('`');
        }
        if at % 2 == 1 {
            text += part;
            continue;
        }
        let words = part.split_inclusive(' ').map(|word| {
            let bare = word.trim_end_matches([' ', '.', ',', ';', ':', ')']);
            if bare.starts_with("http://") || bare.starts_with("https://") {
                return format!("<{bare}>{}", &word[bare.len()..]);
            }
            word.replace('[', "\\[").replace('<', "\\<")
        });
        text.extend(words);
    }
    if line.matches('`').count() % 2 == 1 {
        text = text.replace('`', "\\`");
    }
    text.trim_end().to_owned()
}

/// The words of a name in snake case.
pub(super) fn words(snake: &str) -> String {
    snake.replace('_', " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_begin_as_ours_do() {
        let cases = [
            ("Foo returns a value.", "foo", "Returns a value."),
            (
                "OnTaskExecute is called late.",
                "on_task_execute",
                "Called late.",
            ),
            ("ID is the id.", "id", "The id."),
            ("Foos are many.", "foos", "Many."),
            ("Another word.", "foo", "Another word."),
            ("Foo", "foo", "Foo"),
        ];
        for (docs, name, adapted) in cases {
            assert_eq!(super::adapted(docs, name), adapted);
        }
    }

    #[test]
    fn rustdoc_finds_no_links_or_tags() {
        assert_eq!(
            adapted("See [X] and <y>, `[z]`, https://example.org/a.", "n"),
            "See \\[X] and \\<y>, `[z]`, <https://example.org/a>."
        );
        assert_eq!(adapted("One ` alone.", "n"), "One \\` alone.");
    }

    #[test]
    fn code_is_fenced() {
        assert_eq!(
            adapted("Like this:\n\n\tfoo(\n\n\t)\n\nAfter.", "n"),
            "Like this:\n\n```text\nfoo(\n\n)\n```\n\nAfter."
        );
    }
}
