//! Host services that are not the server's: those of a fork, or of a server that is still to come.
//!
//! `nd-hostgen bindings` writes the trait of such a service and a function that turns an implementation into an
//! [`OwnService`]; [`HostBuilder::service`](crate::HostBuilder::service) offers it to plugins. Journal, faults, limits
//! and permissions treat it like the server's own.

use std::fmt;
use std::sync::Arc;

use crate::context::CallContext;
use crate::generated::FUNCTIONS;

/// What answers a call: a request in, an answer out, both as JSON documents.
type Handler = Arc<dyn Fn(&CallContext, &[u8]) -> Vec<u8> + Send + Sync>;

/// A function from a request to an answer, given the service that knows it.
pub type OwnHandler<S> = fn(&S, &CallContext, &[u8]) -> Vec<u8>;

/// A host service of one's own.
#[derive(Clone)]
pub struct OwnService {
    functions: Vec<OwnFunction>,
}

/// A function of such a service.
#[derive(Clone)]
pub(crate) struct OwnFunction {
    /// The service it belongs to.
    pub(crate) service: &'static str,
    /// The manifest key that opens the service; none means it is always open.
    pub(crate) permission: Option<&'static str>,
    /// Its import name.
    pub(crate) import: &'static str,
    pub(crate) handler: Handler,
}

impl OwnService {
    /// Makes a service of its name, the manifest key that opens it, and a handler for each import name.
    ///
    /// Generated code calls this. [`wire::answer`](crate::wire::answer) and [`wire::reply`](crate::wire::reply) help
    /// to write a handler by hand.
    pub fn new<S: Send + Sync + ?Sized + 'static>(
        name: &'static str,
        permission: Option<&'static str>,
        service: Arc<S>,
        handlers: &[(&'static str, OwnHandler<S>)],
    ) -> Self {
        let functions = handlers.iter().map(|&(import, handler)| {
            let service = Arc::clone(&service);
            OwnFunction {
                service: name,
                permission,
                import,
                handler: Arc::new(move |ctx, request| handler(&service, ctx, request)),
            }
        });
        Self {
            functions: functions.collect(),
        }
    }
}

impl fmt::Debug for OwnService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let imports = self.functions.iter().map(|function| function.import);
        f.debug_list().entries(imports).finish()
    }
}

/// Joins the functions of all services, or returns the import name that is there twice.
pub(crate) fn functions(services: Vec<OwnService>) -> Result<Arc<[OwnFunction]>, &'static str> {
    let functions: Vec<OwnFunction> = services.into_iter().flat_map(|s| s.functions).collect();
    for (index, function) in functions.iter().enumerate() {
        let import = function.import;
        let same_import = |other: &OwnFunction| other.import == import;
        if functions[..index].iter().any(same_import)
            || FUNCTIONS.iter().any(|other| other.import == import)
        {
            return Err(import);
        }
    }
    Ok(functions.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(imports: &[&'static str]) -> OwnService {
        let handler: OwnHandler<()> = |(), _, request| request.to_vec();
        let handlers: Vec<_> = imports.iter().map(|&import| (import, handler)).collect();
        OwnService::new("Weather", Some("weather"), Arc::new(()), &handlers)
    }

    #[test]
    fn functions_of_all_services_are_joined() {
        let joined = functions(vec![
            service(&["weather_a", "weather_b"]),
            service(&["x_c"]),
        ]);
        let imports: Vec<_> = joined
            .expect("names of their own")
            .iter()
            .map(|function| function.import)
            .collect();
        assert_eq!(imports, ["weather_a", "weather_b", "x_c"]);
    }

    #[test]
    fn an_import_name_is_taken_once() {
        let twice = functions(vec![service(&["weather_a"]), service(&["weather_a"])]);
        assert_eq!(twice.err(), Some("weather_a"));
        let the_servers = functions(vec![service(&["kvstore_set"])]);
        assert_eq!(the_servers.err(), Some("kvstore_set"));
    }
}
