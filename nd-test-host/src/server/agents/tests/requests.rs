//! The client request behind the questions: its address, and its end.

use std::time::Duration;

use super::*;

/// A source that looks at how it is asked, and has pictures.
struct Watching<F>(F);

impl<F> BuiltinAgent for Watching<F>
where
    F: Fn(&CallOptions) -> Result<Option<String>, CallError> + Send + Sync,
{
    fn name(&self) -> &str {
        "s"
    }

    fn artist_images(
        &self,
        _: &ArtistRequest,
        options: &CallOptions,
    ) -> Result<Option<ArtistImagesResponse>, CallError> {
        let url = (self.0)(options)?;
        Ok(url.map(|url| ArtistImagesResponse {
            images: vec![image(url)],
        }))
    }
}

fn asking<F>(clock: ManualClock, source: F) -> Agents
where
    F: Fn(&CallOptions) -> Result<Option<String>, CallError> + Send + Sync + 'static,
{
    let mut agents = agents_at(&[], Catalogue::new(), clock);
    agents.config.agents = vec!["s".into()];
    agents.with_builtin(Arc::new(Watching(source)))
}

fn cancelled(options: &CallOptions) {
    let token = options.cancel.as_ref().expect("a token");
    token.cancel();
}

#[test]
fn sources_are_called_for_the_request_and_so_they_are_in_the_background() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (notes, clock) = (Arc::clone(&seen), ManualClock::default());
    let agents = asking(clock.clone(), move |options| {
        let note = (options.request_base.clone(), options.is_cancelled());
        notes.lock().expect("notes").push(note);
        Ok(None)
    });
    let take = || std::mem::take(&mut *seen.lock().expect("notes"));
    let about = ArtistRef {
        id: "a1".into(),
        ..artist("A")
    };
    agents.artist_information(&about);
    assert_eq!(take(), [(None, false)]);
    clock.advance(Duration::from_secs(25 * 3600));
    let token = CancelToken::new();
    token.cancel();
    let base = || Some(Arc::from("https://music.test"));
    let request = agents.clone().request_base("https://music.test");
    request
        .clone()
        .cancelled_by(&token)
        .artist_information(&about);
    assert!(agents.wait_refreshed(Duration::MAX));
    assert_eq!(take(), [(base(), false)]);
    request.artist_images(&about);
    assert_eq!(take(), [(base(), false)]);

    // A request made from inside a plugin call is caused by what has caused the call.
    clock.advance(Duration::from_secs(25 * 3600));
    let outer = crate::context::CallContext::detached("p").caused_by(base());
    {
        let _inside = outer.enter();
        agents.artist_information(&about);
    }
    assert!(agents.wait_refreshed(Duration::MAX));
    assert_eq!(take(), [(base(), false)]);
}

#[test]
fn a_cancelled_artwork_request_is_no_fault_of_its_source() {
    let failed = || CallError::Failed {
        plugin: "s".into(),
        export: "e".into(),
        message: "down".into(),
    };
    let cut_off = || CallError::Cancelled {
        plugin: "s".into(),
        export: "e".into(),
    };
    let (_, patience) = patience();
    let ask = |agents: Agents, rules: Rules| {
        let mut agents = agents.cancelled_by(&CancelToken::new());
        agents.rules = rules;
        // One fault more than a source is forgiven.
        for _ in 0..6 {
            agents = agents.cancelled_by(&CancelToken::new());
            let found = agents.artist_artwork(&artist("A"), &patience);
            assert_eq!(found, Artwork::Retry);
        }
        assert_ne!(patience.permit("s"), Permit::Skip);
    };
    for rules in [Rules::release_0_64(), Rules::release_0_63()] {
        let while_asked = asking(ManualClock::default(), move |options| {
            cancelled(options);
            Err(failed())
        });
        ask(while_asked, rules.clone());
        let outside = asking(ManualClock::default(), move |_| Err(cut_off()));
        ask(outside, rules.clone());
        let while_downloading = asking(ManualClock::default(), |options| {
            cancelled(options);
            Ok(Some("http://203.0.113.1/cover".to_owned()))
        });
        ask(while_downloading, rules);
    }
}
