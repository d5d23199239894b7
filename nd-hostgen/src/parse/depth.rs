//! A limit on nesting: `syn` goes one level down for each bracket, sign or chained word, and has no limit of its own.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// How far down the parser may have to go. Definitions need a few dozen; the stack below has room for this many.
pub(super) const DEEPEST: usize = 3000;

/// The stack for a file at the limit, generously.
pub(super) const STACK: usize = 512 << 20;

/// Where a file goes deeper than the limit, if it does.
///
/// How deep a token lies is at most the number of tokens before it since the last comma or semicolon, in its group and
/// in those around it. Doc comments of items count too, which is why the limit is not smaller.
pub(super) fn too_deep(tokens: TokenStream) -> Option<Span> {
    let mut open = vec![(tokens.into_iter(), 0_usize)];
    let mut below = 0;
    let (mut item_ended, mut in_value) = (false, false);
    loop {
        let is_outside = open.len() == 1;
        let (group, run) = open.last_mut()?;
        let Some(token) = group.next() else {
            below -= *run;
            open.pop();
            continue;
        };
        let mark = match &token {
            TokenTree::Punct(mark) => mark.as_char(),
            _ => ' ',
        };
        let is_brace =
            matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if matches!(mark, ',' | ';') || (is_outside && item_ended) {
            below -= *run;
            *run = 0;
            if is_outside {
                item_ended = false;
                in_value = false;
            }
            if mark != ' ' {
                continue;
            }
        }
        if is_outside {
            in_value |= mark == '=';
            // Braces end an item, but not the value of a constant.
            item_ended = is_brace && !in_value;
        }
        *run += 1;
        below += 1;
        if below > DEEPEST {
            return Some(token.span());
        }
        if let TokenTree::Group(inner) = token {
            open.push((inner.stream().into_iter(), 0));
        }
    }
}
