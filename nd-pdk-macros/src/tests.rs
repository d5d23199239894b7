//! The three steps on token streams: what is accepted, what is said of the rest, and what comes out.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic anyway")]

use crate::generated::capabilities::CAPABILITIES;
use crate::parse::parse;
use crate::validate::validate;
use crate::{attribute, expand};
use proc_macro2::TokenStream;
use quote::quote;
use syn_full::Item;

/// Returns the messages for an item, first lines only.
fn complaints(arguments: TokenStream, item: TokenStream) -> Vec<String> {
    let texts = match parse(arguments, item) {
        Ok((block, mistakes)) => match validate(&block, mistakes) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.mistakes.texts(),
        },
        Err(refused) => vec![refused.text()],
    };
    texts
        .iter()
        .map(|text| text.lines().next().unwrap_or_default().to_owned())
        .collect()
}

/// Checks that a block has exactly one mistake, described like this.
fn check(item: TokenStream, expected: &str) {
    let found = complaints(TokenStream::new(), item);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(expected), "{found:#?}");
}

/// Wraps one method into a block that is fine otherwise.
fn check_method(method: TokenStream, expected: &str) {
    check(quote!(impl InitProvider for Plugin { #method }), expected);
}

/// Wraps one method with a request into a block that is fine otherwise.
fn check_request(method: TokenStream, expected: &str) {
    check(
        quote!(impl TaskExecuteProvider for Plugin { #method }),
        expected,
    );
}

fn exports(item: TokenStream) -> Vec<String> {
    let (block, mistakes) = parse(TokenStream::new(), item).unwrap();
    let exports = validate(&block, mistakes)
        .unwrap_or_else(|faults| panic!("{:#?}", faults.mistakes.texts()));
    exports
        .iter()
        .map(|export| export.method.export.to_owned())
        .collect()
}

/// Parses what came out, so that broken output is a failed test.
fn items(tokens: TokenStream) -> Vec<Item> {
    syn_full::parse2::<syn_full::File>(tokens).unwrap().items
}

#[test]
fn exactly_the_written_methods_are_exported() {
    let found = exports(quote! {
        impl nd_pdk::metadata::MetadataAgent for Plugin {
            fn get_artist_url(&self, req: ArtistRequest) -> Result<Option<ArtistURLResponse>, Error> { Ok(None) }
            fn get_album_info(&self, _: m::AlbumRequest) -> Result<Option<m::AlbumInfoResponse>, m::Error> { Ok(None) }
        }
    });
    assert_eq!(found, ["nd_get_artist_url", "nd_get_album_info"]);
}

#[test]
fn optional_methods_of_required_capabilities_may_be_left_out() {
    let found = exports(quote! {
        impl SonicSimilarity for Plugin {
            fn get_sonic_similar_tracks(&self, r: GetSonicSimilarTracksRequest) -> Result<SonicSimilarityResponse, Error> {}
        }
    });
    assert_eq!(found, ["nd_get_sonic_similar_tracks"]);
}

#[test]
fn every_method_of_the_table_is_accepted_as_its_signature_says() {
    for capability in CAPABILITIES {
        for known in capability.traits {
            let name: TokenStream = known.name.parse().unwrap();
            let methods: Vec<TokenStream> = known
                .methods
                .iter()
                .map(|method| format!("{} {{}}", method.signature).parse().unwrap())
                .collect();
            let found = exports(quote!(impl #name for Plugin { #(#methods)* }));
            let expected: Vec<_> = known.methods.iter().map(|method| method.export).collect();
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn other_spellings_of_a_right_signature_are_left_to_rustc() {
    for method in [
        quote!(
            fn on_task_execute(
                &self,
                mut req: nd_pdk::taskworker::TaskExecuteRequest,
            ) -> std::result::Result<String, E> {
            }
        ),
        quote!(
            fn on_task_execute(self: &Self, req: MyAlias) -> MyResult {}
        ),
        quote!(
            fn on_task_execute(
                &self,
                TaskExecuteRequest { payload, .. }: TaskExecuteRequest,
            ) -> Result<MyText> {
            }
        ),
        quote!(
            fn on_task_execute(&self, _: TaskExecuteRequest) -> Result<std::string::String, Error> {
            }
        ),
    ] {
        assert_eq!(
            exports(quote!(impl TaskExecuteProvider for Plugin { #method })),
            ["nd_task_execute"]
        );
    }
}

#[test]
fn wrong_uses_of_the_attribute_are_explained() {
    let init =
        quote!(impl InitProvider for Plugin { fn on_init(&self) -> Result<(), Error> { Ok(()) } });
    assert!(complaints(TokenStream::new(), init.clone()).is_empty());
    assert!(complaints(quote!(scrobbler), init.clone())[0].contains("takes no arguments"));
    check(
        quote!(#[nd_pdk::export] #init),
        "stands on this block already",
    );
    check(
        quote!(
            struct Plugin;
        ),
        "goes on an `impl` block",
    );
    check(
        quote!(
            fn plugin() {}
        ),
        "goes on an `impl` block",
    );
    check(
        quote!(impl Plugin { fn on_init(&self) {} }),
        "implements no trait",
    );
    check(
        quote!(impl !InitProvider for Plugin {}),
        "by not implementing it",
    );
    check(quote!(unsafe #init), "are safe");
    check(
        quote!(
            impl<T> InitProvider for Plugin<T> {
                fn on_init(&self) -> Result<(), Error> {}
            }
        ),
        "cannot be generic",
    );
    check(
        quote!(impl InitProvider for Plugin where u8: Copy { fn on_init(&self) -> Result<(), Error> {} }),
        "cannot be generic",
    );
}

#[test]
fn unknown_traits_and_methods_are_answered_with_the_nearest() {
    check(
        quote!(impl Scrobler for Plugin {}),
        "did you mean `Scrobbler`?",
    );
    check(
        quote!(impl Display for Plugin {}),
        "`Display` is not a capability",
    );
    check(
        quote!(impl ArtistUrlProvider for Plugin {}),
        "did you mean `ArtistURLProvider`?",
    );
    check(
        quote!(impl MetadataAgent for Plugin { fn get_artist_biografy(&self) {} }),
        "no method `get_artist_biografy`; did you mean `get_artist_biography`?",
    );
    check(
        quote!(impl Lifecycle for Plugin { fn on_load(&self) {} }),
        "`Lifecycle` has no method `on_load`",
    );
}

#[test]
fn missing_methods_are_given_with_their_signatures() {
    let (block, mistakes) = parse(TokenStream::new(), quote!(impl Lyrics for Plugin {})).unwrap();
    let texts = validate(&block, mistakes).err().unwrap().mistakes.texts();
    assert_eq!(
        texts,
        ["`Lyrics` needs the method `get_lyrics`; add:\n    \
          fn get_lyrics(&self, req: GetLyricsRequest) -> Result<GetLyricsResponse, Error> { … }"]
    );
    assert_eq!(
        complaints(TokenStream::new(), quote!(impl Scrobbler for Plugin {})).len(),
        3
    );
    check(
        quote!(impl WebSocketCallback for Plugin {}),
        "no method is written here",
    );
    check(
        quote!(impl InitProvider for Plugin {}),
        "needs the method `on_init`",
    );
}

#[test]
fn a_misspelt_method_is_not_reported_as_missing_too() {
    check(
        quote!(impl Lyrics for Plugin { fn get_lyric(&self, r: GetLyricsRequest) -> Result<GetLyricsResponse, Error> {} }),
        "did you mean `get_lyrics`?",
    );
}

#[test]
fn signatures_are_compared_with_the_table() {
    check_method(
        quote!(
            async fn on_init(&self) -> Result<(), Error> {}
        ),
        "cannot be `async`",
    );
    check_method(
        quote!(
            unsafe fn on_init(&self) -> Result<(), Error> {}
        ),
        "cannot be `unsafe`",
    );
    check_method(
        quote!(
            const fn on_init(&self) -> Result<(), Error> {}
        ),
        "cannot be `const`",
    );
    check_method(
        quote!(
            extern "C" fn on_init(&self) -> Result<(), Error> {}
        ),
        "cannot be `extern`",
    );
    check_method(
        quote!(
            fn on_init<T>(&self) -> Result<(), Error> {}
        ),
        "no generic parameters",
    );
    check_method(
        quote!(
            fn on_init() -> Result<(), Error> {}
        ),
        "needs `&self`",
    );
    check_method(
        quote!(
            fn on_init(self) -> Result<(), Error> {}
        ),
        "takes `&self`",
    );
    check_method(
        quote!(
            fn on_init(&mut self) -> Result<(), Error> {}
        ),
        "takes `&self`",
    );
    check_method(
        quote!(
            fn on_init(&self, req: ()) -> Result<(), Error> {}
        ),
        "takes no request",
    );
    check_method(
        quote!(
            fn on_init(&self) {}
        ),
        "must return a `Result`",
    );
    check_method(
        quote!(
            fn on_init(&self) -> () {}
        ),
        "returns a `Result`",
    );
    check_method(
        quote!(
            fn on_init(&self) -> bool {}
        ),
        "returns a `Result`",
    );
    check_method(
        quote!(
            fn on_init(&self) -> Result<bool, Error> {}
        ),
        "not what the method returns",
    );

    let request = quote!(TaskExecuteRequest);
    check_request(
        quote!(
            fn on_task_execute(&self) -> Result<String, Error> {}
        ),
        "takes one request",
    );
    check_request(
        quote!(fn on_task_execute(&self, a: #request, b: i32) -> Result<String, Error> {}),
        "takes one request",
    );
    check_request(
        quote!(fn on_task_execute(&self, a: &#request) -> Result<String, Error> {}),
        "by value",
    );
    check_request(
        quote!(
            fn on_task_execute(&self, a: &str) -> Result<String, Error> {}
        ),
        "not the request",
    );
    check_request(
        quote!(
            fn on_task_execute(&self, a: ScrobbleRequest) -> Result<String, Error> {}
        ),
        "not the request",
    );
    check_request(
        quote!(fn on_task_execute(&self, a: #request) -> Result<&str, Error> {}),
        "not what the method returns",
    );
}

#[test]
fn combined_metadata_methods_return_an_option() {
    let biography = |output: TokenStream| {
        quote!(impl MetadataAgent for Plugin {
            fn get_artist_biography(&self, req: ArtistRequest) -> Result<#output, Error> { todo!() }
        })
    };
    check(
        biography(quote!(ArtistBiographyResponse)),
        "`Ok(None)` says that there is no data",
    );
    check(
        biography(quote!(Option<ArtistURLResponse>)),
        "an `Option` inside the `Result`",
    );
    assert_eq!(
        exports(biography(quote!(Option<ArtistBiographyResponse>))),
        ["nd_get_artist_biography"]
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = complaints(
        quote!(x),
        quote!(impl Lyrics for Plugin { async fn get_lyrics(&mut self, r: GetLyricsRequest) -> bool { true } fn x() {} }),
    );
    assert_eq!(found.len(), 5, "{found:#?}");
}

#[test]
fn an_expansion_is_the_block_and_its_exports() {
    let item = quote! {
        #[cfg(feature = "a")]
        impl m::Lifecycle for Plugin {
            #[cfg(feature = "b")]
            fn on_init(&self) -> Result<(), Error> { Ok(()) }
        }
    };
    let (block, mistakes) = parse(TokenStream::new(), item.clone()).unwrap();
    let tokens = expand::expand(&block, &validate(&block, mistakes).ok().unwrap());
    let expected = quote! {
        #item
        #[cfg(feature = "a")]
        #[cfg(feature = "b")]
        ::nd_pdk::__export!(Plugin, nd_on_init, <Plugin as m::Lifecycle>::on_init, no_input);
    };
    assert_eq!(tokens.to_string(), expected.to_string());
}

#[test]
fn what_comes_back_with_a_mistake_compiles_otherwise() {
    let tokens = attribute(
        TokenStream::new(),
        quote!(impl Scrobbler for Plugin {
            fn scrobble(&mut self, req: ScrobbleRequest) -> Result<(), Error> { body() }
            fn now_playing(&self, req: NowPlayingRequest) -> Result<(), Error> { Ok(()) }
        }),
    );
    let text = tokens.to_string();
    // The faulty method keeps its body, outside of the trait, and the trait is complete.
    assert!(
        text.contains("impl Plugin { fn scrobble (& mut self"),
        "{text}"
    );
    assert!(
        text.contains(
            "fn is_authorized (& self , _ : :: nd_pdk :: scrobbler :: IsAuthorizedRequest)"
        ),
        "{text}"
    );
    assert!(!text.contains("__export"), "{text}");
    let impls = items(tokens)
        .into_iter()
        .filter(|item| matches!(item, Item::Impl(_)))
        .count();
    assert_eq!(impls, 2);
}

#[test]
fn a_misspelt_trait_does_not_come_back_and_a_foreign_one_does() {
    let misspelt = attribute(
        TokenStream::new(),
        quote!(impl Scrobler for Plugin { fn f(&self) {} }),
    )
    .to_string();
    assert!(
        misspelt.contains("impl Plugin { fn f") && !misspelt.contains("impl Scrobler"),
        "{misspelt}"
    );
    let foreign = attribute(
        TokenStream::new(),
        quote!(impl Display for Plugin { fn fmt(&self) {} }),
    )
    .to_string();
    assert!(foreign.contains("impl Display for Plugin"), "{foreign}");
    let item = attribute(
        TokenStream::new(),
        quote!(
            struct Plugin;
        ),
    )
    .to_string();
    assert!(
        item.starts_with("struct Plugin ;") && item.contains("compile_error"),
        "{item}"
    );
}

#[test]
fn a_block_comes_back_token_for_token() {
    let block = quote! {
        #[cfg(feature = "a")]
        #[doc = "x"]
        impl<T, const N: usize> a::b::Trait<T> for Vec<[T; N]> where T: Copy, {
            #![allow(dead_code)]
            #[doc = "c"]
            pub(crate) const LIMIT: usize = { 1; 2 };
            type Output = <T as Iterator>::Item;
            const _: () = ();
            some::macro_call!(x; y);
            macro_call! { fn no_method() {} }
            #[inline] pub const async unsafe extern "C" fn a<'a, U: Into<T>>(
                #[cfg(x)] &'a mut self, a::B { x: y, .. }: a::B<{ 1 }>, mut n: u8, _: &dyn Fn(u8) -> u8,
            ) -> Foo<{ 3 }> where U: Sized { fn inner() {} }
            extern fn b(self);
            fn c(&self) {}
            fn d(mut self: Box<Self>, (a, b): (u8, <T>::X)) -> impl Sized {}
            fn e() {}
        }
    };
    let parsed: crate::block::Block = syn::parse2(block.clone()).unwrap();
    // `>>` may come back as two tokens.
    let text = |tokens: &TokenStream| tokens.to_string().replace(' ', "");
    assert_eq!(text(&quote!(#parsed)), text(&block));
    let names: Vec<_> = parsed
        .methods()
        .map(|method| method.name.to_string())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    let receivers = parsed
        .methods()
        .filter(|method| method.receiver().is_some());
    assert_eq!(receivers.count(), 4);
}

#[test]
fn broken_blocks_are_errors_of_syntax() {
    for block in [
        quote!(),
        quote!(impl),
        quote!(impl A for),
        quote!(impl A for B),
        quote!(impl dyn Fn() for B {}),
        quote!(impl A for B { fn }),
        quote!(impl A for B { fn f }),
        quote!(impl A for B { fn f() }),
        quote!(impl A for B { fn f(x) {} }),
        quote!(impl A for B { fn f(x:) {} }),
        quote!(impl A for B { fn f(&) {} }),
        quote!(impl A for B {} more),
    ] {
        assert!(parse(TokenStream::new(), block.clone()).is_err(), "{block}");
    }
}
