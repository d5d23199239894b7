//! The little HTTP/1.1 the peer speaks.

use std::io::{self, Read, Write};

use super::Request;

/// Longest head and body the peer takes.
const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 64 << 20;

/// Reads one request.
pub(crate) fn read_request(stream: &mut impl Read) -> io::Result<Request> {
    let mut buffer = Vec::new();
    let (mut request, mut rest) = loop {
        if let Some((request, length)) = parse_head(&buffer)? {
            break (request, buffer.split_off(length));
        }
        if buffer.len() > MAX_HEAD {
            return Err(invalid("the head is too long"));
        }
        read_some(stream, &mut buffer)?;
    };
    let chunked = request
        .header("Transfer-Encoding")
        .is_some_and(|encoding| encoding.to_ascii_lowercase().contains("chunked"));
    request.body = if chunked {
        read_chunks(stream, rest)?
    } else {
        let length = request.header("Content-Length").unwrap_or("0");
        let length: usize = length.parse().map_err(|_| invalid("a wrong length"))?;
        if length > MAX_BODY {
            return Err(invalid("the body is too long"));
        }
        fill(stream, &mut rest, length)?;
        rest.truncate(length);
        rest
    };
    Ok(request)
}

/// Parses a head; `None` if it is not complete yet.
pub(super) fn parse_head(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head
        .parse(buffer)
        .map_err(|error| invalid(&error.to_string()))?
    {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let headers = head.headers.iter().map(|header| {
        let value = String::from_utf8_lossy(header.value);
        (header.name.to_owned(), value.into_owned())
    });
    let request = Request {
        method: head.method.unwrap_or_default().to_ascii_uppercase(),
        target: head.path.unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    Ok(Some((request, length)))
}

fn read_chunks(stream: &mut impl Read, mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (start, size) = loop {
            match httparse::parse_chunk_size(&buffer) {
                Ok(httparse::Status::Complete((start, size))) => break (start, size),
                Ok(httparse::Status::Partial) => read_some(stream, &mut buffer)?,
                Err(_) => return Err(invalid("a wrong chunk size")),
            }
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > MAX_BODY - body.len().min(MAX_BODY) {
            return Err(invalid("the body is too long"));
        }
        // Each chunk, the empty last one too, ends in a line break of its own.
        let end = start + size;
        fill(stream, &mut buffer, end + 2)?;
        body.extend_from_slice(&buffer[start..end]);
        buffer.drain(..end + 2);
        if size == 0 {
            return Ok(body);
        }
    }
}

fn fill(stream: &mut impl Read, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
    while buffer.len() < length {
        read_some(stream, buffer)?;
    }
    Ok(())
}

fn read_some(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<()> {
    let mut part = [0; 8192];
    match stream.read(&mut part)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => {
            buffer.extend_from_slice(&part[..length]);
            Ok(())
        }
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Writes one answer and says that the connection ends with it.
pub(crate) fn write_answer(
    stream: &mut impl Write,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let has_body = !(matches!(status, 204 | 304) || status < 200);
    if has_body {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    if has_body {
        stream.write_all(body)?;
    }
    stream.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        410 => "Gone",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(text: &str) -> io::Result<Request> {
        read_request(&mut text.as_bytes())
    }

    #[test]
    fn bodies_come_by_length_or_in_chunks() {
        let plain = parse("PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd").unwrap();
        assert_eq!(plain.text(), "abc");
        let chunked = "POST /a HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(parse(chunked).unwrap().text(), "abcde");
        assert_eq!(parse("GET / HTTP/1.1\r\n\r\n").unwrap().body, b"");
    }

    #[test]
    fn what_is_cut_or_wrong_is_an_error() {
        for text in [
            "",
            "GET / HTTP/1.1\r\n",
            "nonsense\r\n\r\n",
            "PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
            "PUT /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "PUT /a HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
