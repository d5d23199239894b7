//! Files: music and pictures.

use super::*;

fn media(music: &Music, request: &str) -> (String, Vec<u8>) {
    let answer = music.responder.answer(request, "ann");
    assert_eq!(answer.status, 200, "{request}");
    (answer.content_type, answer.body)
}

#[test]
fn a_song_is_its_file() {
    let music = Music::new();
    let file = music.folder.path().join("music/bare.wav");
    let expected = ("audio/x-wav".to_owned(), fs::read(&file).expect("a file"));
    let id = music.id("bare");
    assert_eq!(
        media(&music, &format!("stream?id={id}&format=mp3")),
        expected
    );
    assert_eq!(media(&music, &format!("download?id={id}")), expected);
    fs::remove_file(&file).expect("removed");
    let (code, message) = music.error("ann", &format!("stream?id={id}"));
    assert_eq!(code, 0);
    assert!(message.starts_with("reading bare.wav: "), "{message}");
}

#[test]
fn pictures_are_in_the_file_or_beside_it() {
    let music = Music::new();
    let (hunter, joga) = (music.track("Hunter"), music.track("Jóga"));
    let cover = |id: &str| media(&music, &format!("getCoverArt?id={id}"));
    let png = ("image/png".to_owned(), PNG.to_vec());
    let jpeg = ("image/jpeg".to_owned(), JPEG.to_vec());
    for id in [
        hunter.id.clone(),
        format!("mf-{}", hunter.id),
        format!("mf-{}_6f", hunter.id),
    ] {
        assert_eq!(cover(&id), png, "{id}");
    }
    // An album has the picture beside its files; so has a song without one of its own.
    for id in [
        joga.id.clone(),
        joga.album_id.clone(),
        format!("al-{}_0&size=300", joga.album_id),
    ] {
        assert_eq!(cover(&id), jpeg, "{id}");
    }
    let made = music.get(&format!("createPlaylist?name=Mix&songId={}", joga.id));
    let playlist = made["playlist"]["coverArt"].as_str().expect("an id");
    assert_eq!(cover(playlist), jpeg);
    fs::remove_file(music.folder.path().join("music/Björk/Homogenic/Cover.JPG")).expect("removed");
    assert_eq!(cover(&format!("al-{}", joga.album_id)), png);

    let artist = format!("ar-{}_0", joga.artists[0].id);
    let (kind, placeholder) = cover(&artist);
    assert_eq!(kind, "image/png");
    assert!(placeholder.starts_with(b"\x89PNG\r\n\x1a\n"));
    fs::write(music.folder.path().join("music/Björk/artist.jpg"), JPEG).expect("a picture");
    assert_eq!(cover(&artist), jpeg);
    // Whatever has none: of one grey.
    assert_eq!(
        cover(&format!("al-{}", music.track("Help!").album_id)).1,
        placeholder
    );
    for id in ["mf-x", "al-x", "ar-x", "pl-x", "x", "-"] {
        let error = music.error("ann", &format!("getCoverArt?id={id}"));
        assert_eq!(error, (70, "Artwork not found".to_owned()), "{id}");
    }
    let wrong_kind = format!("getCoverArt?id=al-{}", hunter.id);
    assert_eq!(music.error("ann", &wrong_kind).0, 70);
}

#[test]
fn the_placeholder_is_a_picture() {
    let picture = cover::placeholder().expect("a picture");
    let mut parts = &picture.data[8..];
    let mut kinds = Vec::new();
    let mut pixels = Vec::new();
    while let [a, b, c, d, rest @ ..] = parts {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let mut checksum = flate2::Crc::new();
        checksum.update(&rest[..length + 4]);
        let (part, tail) = rest.split_at(length + 8);
        assert_eq!(checksum.sum().to_be_bytes(), part[length + 4..]);
        kinds.push(String::from_utf8_lossy(&part[..4]).into_owned());
        if &part[..4] == b"IDAT" {
            pixels.extend_from_slice(&part[4..length + 4]);
        }
        parts = tail;
    }
    assert_eq!(kinds, ["IHDR", "IDAT", "IEND"]);
    let mut grey = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(&pixels[..]);
    std::io::Read::read_to_end(&mut decoder, &mut grey).expect("pixels");
    assert_eq!(grey.len(), 64 * 65);
}
