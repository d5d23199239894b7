//! What a guest prints, line by line into the journal.

use std::io;

use crate::context::CallContext;
use crate::journal::{CallId, Journal};

/// Longer lines are cut into pieces.
const MAX_LINE: usize = 4 * 1024;

/// Collects what is written into lines.
pub(super) struct LineLog {
    stream: &'static str,
    journal: Journal,
    plugin: String,
    call: CallId,
    line: Vec<u8>,
}

impl LineLog {
    pub(super) fn new(stream: &'static str, call: &CallContext) -> Self {
        Self {
            stream,
            journal: call.journal().clone(),
            plugin: call.plugin().to_owned(),
            call: call.call(),
            line: Vec::new(),
        }
    }

    fn end_line(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        self.journal
            .printed(self.call, &self.plugin, self.stream, &text);
        self.line.clear();
    }
}

impl io::Write for LineLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            if byte == b'\n' {
                self.end_line();
                continue;
            }
            self.line.push(byte);
            if self.line.len() == MAX_LINE {
                self.end_line();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LineLog {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
    }
}
