//! A real NLP service over HTTP.
