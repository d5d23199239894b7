//! The formats: what is accepted, and what is read from it.

use super::*;

fn one(language: &str, text: &str) -> Lyrics {
    let mut found = parse(language, text);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// Start and text of each line.
fn lines(lyrics: &Lyrics) -> Vec<(Option<i64>, &str)> {
    let lines = lyrics.lines.iter();
    lines.map(|line| (line.start, line.text.as_str())).collect()
}

fn words(words: &[Word]) -> Vec<(i64, Option<i64>, &str)> {
    let words = words.iter();
    words
        .map(|word| (word.start, word.end, word.text.as_str()))
        .collect()
}

#[test]
fn plain_text_is_untimed_lines_without_the_empty_ones() {
    let lyrics = one(
        "",
        "\u{feff}First &amp; foremost\n\n  <b>second</b>  \r\n[Chorus]\nthird",
    );
    assert_eq!((lyrics.language.as_str(), lyrics.synced), ("xxx", false));
    assert_eq!(
        lines(&lyrics),
        [
            (None, "First & foremost"),
            (None, "second"),
            (None, "[Chorus]"),
            (None, "third")
        ]
    );
    for nothing in [" \n\n", "<br>\n<i></i>"] {
        assert!(parse("en", nothing).is_empty(), "{nothing}");
    }
}

#[test]
fn lrc_has_tags_times_repetitions_words_and_background() {
    let lyrics = one(
        "EN",
        "[ar:Somebody]\n[ti: A &lt;Title&gt;]\n[by:nobody]\n[#:a note]\n[offset:-250]\n\
         [00:02.50][01:02.5]again\n\
         [00:01]first\nand more\n[Verse 2: All]\n\
         [bg: <00:01.20>ooh <00:01.40>aah]\n\
         [1:00:00.125] <1:00:00.125>long <01:00:01.5>song<01:00:02.000>\n\
         [00:03.00]",
    );
    assert_eq!(lyrics.artist, "Somebody");
    assert_eq!(lyrics.title, "A <Title>");
    assert_eq!(lyrics.offset, -250);
    assert_eq!(lyrics.language, "EN", "LRC keeps the letter case");
    assert!(lyrics.synced);
    assert_eq!(
        lines(&lyrics),
        [
            (Some(1_000), "first\nand more"),
            (Some(2_500), "again"),
            (Some(3_000), ""),
            (Some(62_500), "again"),
            (Some(3_600_125), "long song"),
        ]
    );
    let background = lyrics.lines[0].background.as_ref().expect("a background");
    assert_eq!(background.text, "ooh aah");
    assert_eq!(
        words(&background.words),
        [(1_200, Some(1_400), "ooh "), (1_400, None, "aah")]
    );
    assert_eq!(
        words(&lyrics.lines[4].words),
        [
            (3_600_125, Some(3_601_500), "long "),
            (3_601_500, Some(3_602_000), "song")
        ]
    );
}

#[test]
fn a_language_tag_of_lrc_wins_and_markup_that_is_no_time_goes() {
    let lyrics = one("de", "[lang:en]\n[00:01.0]a <i>b</i> <00:xx>c");
    assert_eq!(lyrics.language, "en");
    assert_eq!(lines(&lyrics), [(Some(1_000), "a b <00:xx>c")]);
}

#[test]
fn tags_of_an_untimed_text_are_lines() {
    let lyrics = one("en", "[ar:Somebody]\nla");
    assert_eq!(lines(&lyrics), [(None, "[ar:Somebody]"), (None, "la")]);
}

#[test]
fn repeated_lines_move_their_words_along() {
    let lyrics = one("en", "[00:01.00][00:11.00]<00:01.00>a <00:01.50>b");
    assert_eq!(
        words(&lyrics.lines[1].words),
        [(11_000, Some(11_500), "a "), (11_500, None, "b")]
    );
}

#[test]
fn repetitions_end_before_they_fill_the_memory() {
    let (marks, words) = (2_000, 20_000);
    let text = "[00:01]".repeat(marks) + &"x".repeat(words);
    let lyrics = one("en", &text);
    let repeated: usize = lyrics.lines[1..].iter().map(|line| line.text.len()).sum();
    assert!(repeated <= text.len() * 16, "{repeated} bytes");
    assert_eq!(lyrics.lines[0].text.len(), words);
    // The words of a line count as often as the line is repeated, too.
    let lyrics = one("en", &text.replace('x', "<00:01>x"));
    assert!(lyrics.lines.len() < 40, "{} lines", lyrics.lines.len());
    // A hundred and fifty gigabytes, if nobody counted.
    one(
        "en",
        &("[00:01]".repeat(150_000) + &"x".repeat(1 << 20) + "\n[00:02]last"),
    );
}

#[test]
fn ordinary_repetitions_are_all_there() {
    let text = "[00:01]".repeat(500) + "a line as long as most of them are, and some more words";
    assert_eq!(one("en", &text).lines.len(), 500);
    let verse = "[00:01][00:02][00:03]a verse\n".repeat(1_000);
    assert_eq!(one("en", &verse).lines.len(), 3_000);
}

/// Looking for the end of every one of these would take hours.
#[test]
fn marks_that_are_only_begun_are_looked_at_once() {
    let many = "<:".repeat(1 << 20);
    for end in ["", ">", "<00:01>a"] {
        let lyrics = one("en", &format!("[00:01]a{many}{end}"));
        assert_eq!(lyrics.lines.len(), 1);
    }
    let lyrics = one("en", "[00:01]<<00:01>a <b<00:02>b");
    assert_eq!(
        words(&lyrics.lines[0].words),
        [(1_000, Some(2_000), "a "), (2_000, None, "b")]
    );
}

#[test]
fn srt_is_timed_and_lower_cases_the_language() {
    let lyrics = one(
        "EN",
        "1\r\n00:00:01,500 --> 00:00:03,000 X1:0\r\nfirst\r\n<i>second</i>\r\n \r\n2\r\n0:00:04.5 --> 0:00:05.25\r\nlast\r\n",
    );
    assert_eq!(lyrics.language, "en");
    assert_eq!(
        lines(&lyrics),
        [(Some(1_500), "first\nsecond"), (Some(4_500), "last")]
    );
    assert_eq!(lyrics.lines[1].end, Some(5_250));
}

#[test]
fn one_unreadable_time_makes_a_text_no_srt() {
    let text = "1\n00:00:01,500 --> 00:00:03,000\nfirst\n\n2\n00:00:04 --> 00:00:05\nlast";
    let lyrics = one("EN", text);
    assert!(!lyrics.synced, "read as plain text");
    assert_eq!(lyrics.language, "EN");
    assert_eq!(lyrics.lines.len(), 6);
}

#[test]
fn a_lyricsfile_brings_its_own_language() {
    let lyrics = one(
        "en",
        "version: \"1.0\"\nmetadata:\n  title: T\n  artist: A\n  language: DE\n  offset_ms: 40\nlines:\n\
         - text: Hallo Welt\n  start_ms: 1000\n  end_ms: 2000\n  words:\n  - {text: 'Hallo ', start_ms: 1000, end_ms: 1500}\n  - {text: Welt, start_ms: 1500}\n",
    );
    assert_eq!((lyrics.language.as_str(), lyrics.offset), ("de", 40));
    assert_eq!((lyrics.title.as_str(), lyrics.artist.as_str()), ("T", "A"));
    assert_eq!(lines(&lyrics), [(Some(1_000), "Hallo Welt")]);
    assert_eq!(
        words(&lyrics.lines[0].words),
        [(1_000, Some(1_500), "Hallo "), (1_500, None, "Welt")]
    );
    let lyrics = one("", "version: \"1.0\"\nplain: |\n  a\n\n  b\n");
    assert_eq!(lines(&lyrics), [(None, "a"), (None, "b")]);
}

#[test]
fn yaml_without_the_version_is_plain_text_and_an_instrumental_piece_is_nothing() {
    let lyrics = one("en", "lines:\n- text: a\n");
    assert_eq!(lines(&lyrics), [(None, "lines:"), (None, "- text: a")]);
    assert_eq!(one("en", "version: \"2.0\"\nplain: a").lines.len(), 2);
    assert!(parse("en", "version: \"1.0\"\nmetadata: {instrumental: true}\n").is_empty());
}

const TTML: &str = r#"<?xml version="1.0"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"
    xmlns:itunes="http://music.apple.com/lyric-ttml-internal" xml:lang="JA" lang="en">
 <head><metadata><ttm:title>Song &amp; Dance</ttm:title><ttm:agent type="person" xml:id="v1"/>
  <iTunesMetadata>
   <translations><translation xml:lang="en"><text for="L1">Hello world</text><text for="L9">?</text></translation></translations>
   <transliterations><transliteration xml:lang="ja-Latn"><text for="L1"><span begin="1.0" end="1.4">kon</span><span begin="1.4" end="2.0">nichiwa</span></text></transliteration></transliterations>
  </iTunesMetadata></metadata></head>
 <body dur="10s"><div begin="1.0">
  <p begin="1.0" end="3.0" itunes:key="L1" ttm:agent="v1"><span begin="1.0" end="1.5">こん</span><span begin="1.5" end="2.0">にちは</span> <span begin="2.0" end="3.0">世界</span><span ttm:role="x-bg"><span begin="2.5" end="2.9">(ああ)</span></span><span ttm:role="x-translation" xml:lang="DE">Hallo   Welt</span></p>
  <p begin="00:00:05.000" dur="2s">zwei<br/>Zeilen &#x266A;</p>
  <p></p>
 </div></body></tt>"#;

#[test]
fn ttml_has_words_voices_translations_and_transliterations() {
    let found = parse("", TTML);
    let kinds: Vec<_> = found
        .iter()
        .map(|l| (l.kind, l.language.as_str(), l.synced))
        .collect();
    assert_eq!(
        kinds,
        [
            (Kind::Main, "ja", true),
            (Kind::Translation, "de", true),
            (Kind::Translation, "en", true),
            (Kind::Pronunciation, "ja-latn", true),
        ]
    );
    let main = &found[0];
    assert_eq!(main.title, "Song & Dance");
    assert_eq!(
        lines(main),
        [
            (Some(1_000), "こんにちは 世界"),
            (Some(5_000), "zwei\nZeilen ♪")
        ]
    );
    assert_eq!(main.lines[1].end, Some(7_000));
    assert_eq!(main.lines[0].voice, "v1");
    assert_eq!(
        words(&main.lines[0].words),
        [
            (1_000, Some(1_500), "こん"),
            (1_500, Some(2_000), "にちは "),
            (2_000, Some(3_000), "世界")
        ]
    );
    let background = main.lines[0].background.as_ref().expect("a background");
    assert_eq!(background.text, "(ああ)");
    assert_eq!(lines(&found[1]), [(Some(1_000), "Hallo Welt")]);
    assert_eq!(lines(&found[2]), [(Some(1_000), "Hello world")]);
    assert_eq!(lines(&found[3]), [(Some(1_000), "konnichiwa")]);
    assert_eq!(found[3].lines[0].words.len(), 2);
}

/// Comparing every reference with every line, or every language with the others, would take minutes.
#[test]
fn ttml_with_very_many_lines_and_languages_is_read() {
    const MANY: usize = 100_000;
    let lines: String = (0..MANY).map(|n| format!("<p key='k{n}'>a</p>")).collect();
    let references: String = (0..MANY)
        .map(|n| format!("<text for='k{n}'>b</text>"))
        .collect();
    let languages: String = (0..MANY)
        .map(|n| format!("<span role='x-translation' lang='l{n}'>c</span>"))
        .collect();
    let found = parse(
        "",
        &format!(
            "<tt><head><translation lang='l0'>{references}</translation></head>\
             <body>{lines}<p>{languages}</p></body></tt>"
        ),
    );
    assert_eq!(found.len(), 1 + MANY);
    assert_eq!(found[0].lines.len(), MANY);
    assert_eq!(
        found[1].lines.len(),
        1 + MANY,
        "one of a span, and those apart"
    );
}

#[test]
fn the_first_line_of_a_key_counts() {
    let found = parse(
        "",
        "<tt><body><p key='k' begin='1s'>a</p><p key='k' begin='2s'>b</p></body>\
         <translation lang='de'><text for='k'>c</text></translation></tt>",
    );
    assert_eq!(lines(&found[1]), [(Some(1_000), "c")]);
}

/// Each of the lines would have a copy.
#[test]
fn languages_and_voices_that_are_none_are_not_inherited() {
    let long = "x".repeat(300);
    let text = format!(
        "<tt lang='{long}'><body agent='{long}'><p>a<span role='x-translation'>b</span></p>\
         <p agent='v1'>c<span role='x-translation' lang='de'>d</span></p></body></tt>"
    );
    let found = parse(&long, &text);
    let languages: Vec<_> = found.iter().map(|text| text.language.as_str()).collect();
    assert_eq!(languages, ["xxx", "xxx", "de"]);
    let voices: Vec<_> = found[0].lines.iter().map(|l| l.voice.as_str()).collect();
    assert_eq!(voices, ["", "v1"]);
}

#[test]
fn xml_that_is_no_ttml_is_plain_text() {
    assert_eq!(lines(&one("en", "<html><p>a</p></html>")), [(None, "a")]);
    assert_eq!(lines(&one("en", "<tt><body><p>a</p>")), [(None, "a")]);
}

/// Whatever a plugin answers, reading it ends, and without a panic.
#[test]
fn broken_texts_are_read_somehow() {
    let texts = [
        TTML,
        "[00:01.0]a <00:01.5>b",
        "1\n0:00:01,5 --> 0:00:02,5\na",
        "version: \"1.0\"\nlines:\n- text: a\n",
    ];
    for text in texts {
        for (cut, _) in text.char_indices() {
            parse("en", &text[..cut]);
            parse("en", &text[cut..]);
        }
    }
    for text in [
        "[",
        "[]",
        "[:]",
        "[99999999:99]",
        "<<<>>>",
        "&&&;",
        "[00:01.]a",
        "-->",
        "a --> b",
        "[bg:x]",
        "\u{feff}",
    ] {
        parse("", text);
    }
    parse("", &"[00:01.00]".repeat(10_000));
    parse("", &"<".repeat(10_000));
    parse("", &format!("version: \"1.0\"\na: {}", "[".repeat(10_000)));
}
