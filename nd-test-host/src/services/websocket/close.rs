//! Close codes, and the words for them.

/// What stands for a close frame without a code.
pub(super) const NO_STATUS: u16 = 1005;
/// What stands for a connection that ended without a close frame.
pub(super) const ABNORMAL: u16 = 1006;

/// Tells whether a peer that closes with this code has simply finished.
pub(super) fn is_normal(code: u16) -> bool {
    matches!(code, 1000 | 1001 | NO_STATUS)
}

/// Describes the end of a connection as the server's library does.
pub(super) fn describe(code: u16, reason: &str) -> String {
    let name = match code {
        1000 => " (normal)",
        1001 => " (going away)",
        1002 => " (protocol error)",
        1003 => " (unsupported data)",
        NO_STATUS => " (no status)",
        ABNORMAL => " (abnormal closure)",
        1007 => " (invalid payload data)",
        1008 => " (policy violation)",
        1009 => " (message too big)",
        1010 => " (mandatory extension missing)",
        1011 => " (internal server error)",
        1015 => " (TLS handshake error)",
        _ => "",
    };
    match reason {
        "" => format!("websocket: close {code}{name}"),
        reason => format!("websocket: close {code}{name}: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_described() {
        assert_eq!(
            describe(1011, "oops"),
            "websocket: close 1011 (internal server error): oops"
        );
        assert_eq!(describe(4000, ""), "websocket: close 4000");
        assert!(is_normal(1005) && !is_normal(1006) && !is_normal(3000));
    }
}
