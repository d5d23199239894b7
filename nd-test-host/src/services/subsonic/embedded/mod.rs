//! The Subsonic API over what the host itself knows: its libraries, its users and its database.
//!
//! | module | holds |
//! | --- | --- |
//! | `params` | reading parameters |
//! | `endpoint` | what the endpoints are called |
//! | `document` | answers as JSON or XML |
//! | `fault` | errors of the API |
//! | `index` | tracks by album, artist and genre, for one set of libraries |
//! | `shapes` | songs, albums and artists as clients expect them |
//! | `system`, `browse`, `lists`, `search`, `playlists`, `annotate`, `media` | the endpoints |
//! | `playing` | who listens to what |
//! | `cover` | pictures |
//! | `server` | the same over HTTP, with passwords |
//!
//! There is no transcoding, pictures are not scaled, and no plugin is asked: sonic similarity has no endpoint here, and
//! lyrics are none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::document::{Node, Object};
use self::endpoint::Endpoint;
use self::fault::Fault;
use self::index::Index;
use self::params::Params;
pub use self::playing::NowPlaying;
pub use self::server::SubsonicServer;
use self::shapes::Notes;
use super::{API_VERSION, SubsonicAnswer, SubsonicBackend, SubsonicRequest};
use crate::context::CallContext;
use crate::server::{Plays, ServerConfig};
use crate::services::acting_user::find_user;
use crate::services::clock::{Clock, unix_seconds};
use crate::services::library::Catalogue;
use crate::setup::{HostLibrary, HostUser};
use crate::store::Database;
use crate::wire;

mod annotate;
mod browse;
mod cover;
mod document;
mod endpoint;
mod fault;
mod index;
mod lists;
mod media;
mod params;
mod playing;
mod playlists;
mod search;
mod server;
mod shapes;
mod system;

/// What the embedded responder knows.
#[derive(Clone)]
pub struct SubsonicParts {
    /// All users; each sees their own libraries.
    pub users: Arc<[HostUser]>,
    /// All libraries.
    pub libraries: Arc<[HostLibrary]>,
    /// The scanned libraries.
    pub catalogue: Catalogue,
    /// Favourites, ratings, plays and playlists.
    pub store: Database,
    /// Where time stamps come from.
    pub clock: Arc<dyn Clock>,
    /// The server's settings.
    pub config: Arc<ServerConfig>,
    /// The version the answers show.
    pub server_version: String,
    /// Who listens to what.
    pub now_playing: NowPlaying,
    /// Who else is told.
    pub plays: Option<Arc<dyn Plays>>,
}

/// Answers the Subsonic API from what the host knows. Clones are the same responder.
#[derive(Clone)]
pub struct EmbeddedSubsonic {
    shared: Arc<Shared>,
}

struct Shared {
    parts: SubsonicParts,
    /// The last index made for each of some sets of libraries.
    indexes: Mutex<Vec<(Vec<i32>, Arc<Index>)>>,
}

/// Indexes kept; the oldest goes first.
const INDEXES: usize = 8;

impl EmbeddedSubsonic {
    /// Makes a responder.
    pub fn new(parts: SubsonicParts) -> Self {
        let shared = Shared {
            parts,
            indexes: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Answers a request, such as `/rest/getAlbum.view?id=1&f=json`, on behalf of the user of that name.
    ///
    /// There is always an answer: errors of the API have status 200 and say so in the document; an endpoint that does not
    /// exist has status 404.
    pub fn answer(&self, path_and_query: &str, user: &str) -> SubsonicAnswer {
        match SubsonicRequest::parse(path_and_query) {
            Ok(request) => self.respond(&request, user),
            Err(error) => text(400, &format!("invalid URL: {error}")),
        }
    }

    /// Answers a request whose user was checked.
    fn respond(&self, request: &SubsonicRequest, user: &str) -> SubsonicAnswer {
        let params = Params(request.query());
        let endpoint = match Endpoint::find(request.endpoint()) {
            Ok(endpoint) => endpoint,
            Err(refusal) => return refusal,
        };
        let reply = match find_user(&self.shared.parts.users, user) {
            _ if endpoint.public => (endpoint.run)(&Call::nobody(&self.shared, params)),
            None => Err(Fault::credentials()),
            Some(user) => (endpoint.run)(&Call {
                shared: &self.shared,
                user: user.clone(),
                params,
            }),
        };
        self.render(params, reply)
    }

    /// Writes a reply in the format asked for.
    fn render(&self, params: Params<'_>, reply: Result<Reply, Fault>) -> SubsonicAnswer {
        let (status, body) = match reply {
            Ok(Reply::Media { content_type, body }) => {
                return SubsonicAnswer {
                    status: 200,
                    content_type,
                    body,
                };
            }
            Ok(Reply::Empty) => ("ok", None),
            Ok(Reply::Document(name, node)) => ("ok", Some((name, node))),
            Err(fault) => ("failed", Some(("error", fault.document().into()))),
        };
        let mut root = Object::new()
            .with("status", status)
            .with("version", API_VERSION)
            .with("type", "navidrome")
            .with("serverVersion", self.shared.parts.server_version.as_str())
            .with("openSubsonic", true);
        if let Some((name, node)) = body {
            root = root.with(name, node);
        }
        write(params, root)
    }
}

impl SubsonicBackend for EmbeddedSubsonic {
    fn get(&self, ctx: &CallContext, request: &SubsonicRequest) -> Result<SubsonicAnswer, String> {
        // On the server the request does not end with the call that makes it, nor do the calls it leads to.
        let _apart = ctx.enter_apart();
        let user = request.parameter("u").unwrap_or_default();
        Ok(self.respond(request, user))
    }
}

fn write(params: Params<'_>, root: Object) -> SubsonicAnswer {
    const NAME: &str = "subsonic-response";
    let json = |root: Object| {
        let document = Object::new().with(NAME, root);
        wire::encode(&document).map_err(|error| error.to_string())
    };
    let (content_type, body) = match params.text("f") {
        Some("json") => ("application/json", json(root)),
        Some("jsonp") => {
            let callback = params.text("callback").unwrap_or("callback");
            let call = |json: Vec<u8>| [callback.as_bytes(), b"(", &json, b")"].concat();
            ("application/javascript", json(root).map(call))
        }
        _ => (
            "application/xml",
            document::to_xml(NAME, &root).map_err(|error| error.to_string()),
        ),
    };
    match body {
        Ok(body) => SubsonicAnswer {
            status: 200,
            content_type: content_type.to_owned(),
            body,
        },
        Err(error) => text(500, &error),
    }
}

fn text(status: u16, text: &str) -> SubsonicAnswer {
    SubsonicAnswer {
        status,
        content_type: "text/plain; charset=utf-8".to_owned(),
        body: format!("{text}\n").into_bytes(),
    }
}

/// What an endpoint answers.
enum Reply {
    Empty,
    Document(&'static str, Node),
    Media { content_type: String, body: Vec<u8> },
}

impl Reply {
    fn object(name: &'static str, object: Object) -> Result<Self, Fault> {
        Ok(Self::Document(name, object.into()))
    }
}

/// One request that runs.
struct Call<'a> {
    shared: &'a Shared,
    user: HostUser,
    params: Params<'a>,
}

impl<'a> Call<'a> {
    /// Makes the call of an endpoint that needs no user.
    fn nobody(shared: &'a Shared, params: Params<'a>) -> Self {
        let user = HostUser {
            id: String::new(),
            name: String::new(),
            display_name: String::new(),
            admin: false,
            libraries: crate::setup::Grant::none(),
        };
        Self {
            shared,
            user,
            params,
        }
    }

    fn parts(&self) -> &'a SubsonicParts {
        &self.shared.parts
    }

    fn store(&self) -> &'a Database {
        &self.shared.parts.store
    }

    /// Returns the present time in Unix seconds.
    fn now(&self) -> i64 {
        unix_seconds(self.shared.parts.clock.now())
    }

    /// Returns the libraries of the user, in host order.
    fn libraries(&self) -> impl Iterator<Item = &'a HostLibrary> {
        let granted = &self.user.libraries;
        let libraries = self.shared.parts.libraries.iter();
        libraries.filter(move |library| granted.allows(&library.id))
    }

    /// Returns everything the user may listen to.
    fn index(&self) -> Arc<Index> {
        self.shared
            .index(self.libraries().map(|library| library.id))
    }

    /// Returns what the user may listen to in the folders named by `musicFolderId`, or in all without one.
    fn index_of_folders(&self) -> Result<Arc<Index>, Fault> {
        let asked = self.params.all("musicFolderId");
        if asked.is_empty() {
            return Ok(self.index());
        }
        let mut ids = Vec::new();
        for text in asked {
            let id = text.parse().ok();
            let library = self.libraries().find(|library| Some(library.id) == id);
            let library = library.ok_or_else(|| {
                Fault::not_found(&format!("Library {text} not found or not accessible"))
            })?;
            ids.push(library.id);
        }
        Ok(self.shared.index(ids.into_iter()))
    }

    /// Returns what the user thinks of everything.
    fn notes(&self) -> Result<Notes, Fault> {
        Notes::load(self.store(), &self.user.id)
    }
}

impl Shared {
    fn index(&self, libraries: impl Iterator<Item = i32>) -> Arc<Index> {
        let libraries: Vec<i32> = libraries.collect();
        let scanned = libraries
            .iter()
            .filter_map(|&id| self.parts.catalogue.get(id));
        let collections: Vec<_> = scanned.collect();
        let kept = self
            .kept()
            .iter()
            .find(|(ids, _)| *ids == libraries)
            .cloned();
        if let Some((_, index)) = kept
            && index.is_of(&collections)
        {
            return index;
        }
        // Made without the lock: it takes a while for a large library.
        let index = Arc::new(Index::new(collections, &self.parts.config.ignored_articles));
        let mut kept = self.kept();
        kept.retain(|(ids, _)| *ids != libraries);
        if kept.len() >= INDEXES {
            kept.remove(0);
        }
        kept.push((libraries, Arc::clone(&index)));
        index
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Vec<i32>, Arc<Index>)>> {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
