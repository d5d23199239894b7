//! Frames, byte by byte.

use super::super::frame::{End, Event, Kind, Reader, close_payload, encode};
use tokio::io::BufReader;

const LIMIT: usize = 1000;

/// Reads everything there is, in buffers of that size.
fn read_in(bytes: &[u8], buffer: usize) -> Vec<Event> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut reader = Reader::new(BufReader::with_capacity(buffer, bytes), LIMIT);
        let mut events = Vec::new();
        loop {
            let event = reader.next().await;
            let last = matches!(event, Event::End(_));
            events.push(event);
            if last {
                return events;
            }
        }
    })
}

fn read(bytes: &[u8]) -> Vec<Event> {
    let events = read_in(bytes, 4096);
    assert_eq!(events, read_in(bytes, 1), "the same however it arrives");
    events
}

fn lost() -> Event {
    let text = "websocket: close 1006 (abnormal closure): unexpected EOF";
    Event::End(End::Lost(text.to_owned()))
}

#[track_caller]
fn broken(bytes: &[u8], code: u16, problem: &str) {
    let problem = problem.to_owned();
    assert_eq!(
        read(bytes).last(),
        Some(&Event::End(End::Broken { code, problem }))
    );
}

#[test]
fn messages_come_whole_or_in_fragments_with_pings_between() {
    let bytes = [
        &[0x81, 2, b'h', b'i'][..],
        &[0x82, 1, 0xff],
        &[0x81, 0],
        &[0x01, 2, b'a', 0xc3],
        &[0x89, 1, 7],
        &[0x8a, 0],
        &[0x00, 1, 0xa4],
        &[0x80, 1, b'b'],
    ]
    .concat();
    assert_eq!(
        read(&bytes),
        [
            Event::Text("hi".to_owned()),
            Event::Binary(vec![0xff]),
            Event::Text(String::new()),
            Event::Ping(vec![7]),
            Event::Text("aäb".to_owned()),
            lost(),
        ]
    );
}

#[test]
fn lengths_take_one_three_or_nine_bytes() {
    for length in [125_u64, 126, 999] {
        let mut bytes = vec![0x82];
        match u8::try_from(length) {
            Ok(short) if short < 126 => bytes.push(short),
            _ => {
                bytes.push(126);
                bytes.extend((length as u16).to_be_bytes());
            }
        }
        let mut long = [&[0x82, 127][..], &length.to_be_bytes()].concat();
        for bytes in [&mut bytes, &mut long] {
            bytes.resize(bytes.len() + length as usize, 5);
            let expected = Event::Binary(vec![5; length as usize]);
            assert_eq!(read(bytes), [expected, lost()]);
        }
    }
}

#[test]
fn text_that_is_not_utf8_is_mended() {
    let expected = Event::Text("a\u{fffd}b".to_owned());
    assert_eq!(read(&[0x81, 3, b'a', 0xff, b'b'])[0], expected);
}

#[test]
fn what_breaks_the_rules_ends_the_connection() {
    broken(&[0xc1, 0], 1002, "RSV1 set");
    broken(&[0xf1, 0], 1002, "RSV1 set, RSV2 set, RSV3 set");
    broken(&[0x83, 0], 1002, "bad opcode 3");
    broken(&[0x8f, 0], 1002, "bad opcode 15");
    broken(&[0x81, 0x80, 1, 2, 3, 4], 1002, "bad MASK");
    broken(&[0x80, 0], 1002, "continuation after FIN");
    broken(&[0x01, 0, 0x81, 0], 1002, "data before FIN");
    broken(&[0x09, 0], 1002, "FIN not set on control");
    broken(&[0x89, 126, 0, 1, 0], 1002, "len > 125 for control");
    broken(&[0x88, 2, 3, 0xed], 1002, "bad close code 1005");
    broken(&[0x88, 2, 0, 0], 1002, "bad close code 0");
    broken(
        &[0x88, 3, 3, 0xe8, 0xff],
        1002,
        "invalid utf8 payload in close frame",
    );
}

#[test]
fn announced_lengths_take_no_memory_and_long_messages_are_refused() {
    let huge = [&[0x82, 127][..], &[0xff; 8]].concat();
    broken(&huge, 1009, "read limit exceeded");
    let long = [&[0x82, 126][..], &1001_u16.to_be_bytes()].concat();
    broken(&long, 1009, "read limit exceeded");
    // The limit is one of the message, not of its frames.
    let part = [&[126][..], &600_u16.to_be_bytes(), &[0; 600]].concat();
    let parts = [&[0x02][..], &part, &[0x80], &part].concat();
    broken(&parts, 1009, "read limit exceeded");
}

#[test]
fn a_stream_that_ends_inside_a_frame_is_a_lost_connection() {
    let frame = [0x81, 126, 0, 200, b'a', b'b'];
    for length in 0..frame.len() {
        assert_eq!(read(&frame[..length]), [lost()], "{length} bytes");
    }
}

#[test]
fn close_frames_have_a_code_and_a_reason_or_nothing() {
    let cases = [
        (&[0x88, 0][..], 1005, ""),
        (&[0x88, 1, 3], 1005, ""),
        (&[0x88, 2, 3, 0xe8], 1000, ""),
        (&[0x88, 5, 0x0f, 0xa0, b'b', b'y', b'e'], 4000, "bye"),
    ];
    for (bytes, code, reason) in cases {
        let reason = reason.to_owned();
        let expected = Event::End(End::Closed { code, reason });
        assert_eq!(read(bytes), [expected]);
    }
}

#[test]
fn ends_have_the_texts_and_answers_of_the_server() {
    let closed = |code, reason: &str| End::Closed {
        code,
        reason: reason.to_owned(),
    };
    let cases = [
        (
            closed(1011, "oops"),
            "websocket: close 1011 (internal server error): oops",
        ),
        (closed(1012, ""), "websocket: close 1012"),
        (closed(4004, "auth"), "websocket: close 4004: auth"),
        (closed(1008, ""), "websocket: close 1008 (policy violation)"),
    ];
    for (end, text) in cases {
        assert_eq!(end.message(), text);
    }
    assert_eq!(closed(4004, "auth").answer(), Some(vec![0x0f, 0xa4]));
    assert_eq!(closed(1005, "").answer(), Some(Vec::new()));
    let (code, problem) = (1002, "x".repeat(500));
    let answer = End::Broken { code, problem }.answer();
    assert_eq!(answer.map(|payload| payload.len()), Some(125));
    assert_eq!(End::Lost(String::new()).answer(), None);
}

#[test]
fn frames_are_masked_and_carry_their_length() {
    assert_eq!(
        encode(Kind::Text, b"abcde", [1, 2, 3, 4]),
        [
            0x81,
            0x85,
            1,
            2,
            3,
            4,
            b'a' ^ 1,
            b'b' ^ 2,
            b'c' ^ 3,
            b'd' ^ 4,
            b'e' ^ 1
        ]
    );
    let close = encode(Kind::Close, &close_payload(1000, "x"), [0; 4]);
    assert_eq!(close, [0x88, 0x83, 0, 0, 0, 0, 3, 0xe8, b'x']);
    let medium = encode(Kind::Binary, &[9; 126], [0; 4]);
    assert_eq!(medium[..8], [0x82, 0xfe, 0, 126, 0, 0, 0, 0]);
    let long = encode(Kind::Binary, &[9; 65536], [0; 4]);
    assert_eq!(long[..10], [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(long.len(), 14 + 65536);
}
