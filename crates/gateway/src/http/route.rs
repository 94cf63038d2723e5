//! One of the ways in. Routers are made of these and nothing else, so that a test can hold what is
//! served against what is written down (`web/openapi.json`).

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};

/// A method, a path, and who answers there.
pub struct Route<S> {
    method: &'static str,
    path: &'static str,
    answer: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    /// Of GET.
    pub fn get<T: 'static>(path: &'static str, handler: impl Handler<T, S>) -> Self {
        Self { method: "get", path, answer: get(handler) }
    }

    /// Of POST.
    pub fn post<T: 'static>(path: &'static str, handler: impl Handler<T, S>) -> Self {
        Self { method: "post", path, answer: post(handler) }
    }

    /// Its method in small letters, and its path.
    pub const fn name(&self) -> (&'static str, &'static str) {
        (self.method, self.path)
    }

    /// A router of all these.
    pub fn router(routes: Vec<Self>) -> Router<S> {
        let add = |router: Router<S>, Self { path, answer, .. }| router.route(path, answer);
        routes.into_iter().fold(Router::new(), add)
    }
}
