//! How the demo looks: numbered steps, aligned columns, bars.

use std::io::IsTerminal;

/// Starts a step: its number, its name and a remark.
pub fn step(number: u8, name: &str, remark: &str) {
    println!("\n{} {remark}", bold(&format!("{number}  {name:<11}")));
}

/// Prints a line that belongs to the current step.
pub fn line(text: &str) {
    println!("   {text}");
}

/// A bar of `width` cells, filled by `part` of 0 to 1, in eighths of a cell.
pub fn bar(part: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (part.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let text = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    let cells = text.chars().count();
    text + &" ".repeat(width.saturating_sub(cells))
}

/// `text` in exactly `width` columns, shortened with an ellipsis when it is longer.
pub fn column(text: &str, width: usize) -> String {
    let mut cut: String = text.chars().take(width).collect();
    if text.chars().count() > width {
        cut.pop();
        cut.push('…');
    }
    format!("{cut:<width$}")
}

/// `text` in bold where the output is a terminal.
pub fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() {
        format!("\x1b[1m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// A number of bytes as people write it.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} KB", bytes / 1000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_a_fixed_width() {
        for part in [-1.0, 0.0, 0.01, 0.5, 0.99, 1.0, 7.0] {
            assert_eq!(bar(part, 10).chars().count(), 10, "{part}");
        }
        assert_eq!(bar(0.5, 4), "██  ");
    }

    #[test]
    fn columns_are_cut_and_filled() {
        assert_eq!(column("abc", 5), "abc  ");
        assert_eq!(column("abcdef", 4), "abc…");
    }
}
