use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

#[test]
fn every_route_is_in_the_document_and_nothing_else_is() {
    let document: Value =
        serde_json::from_str(include_str!("../../../../web/openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let documented: BTreeSet<_> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
            methods.map(move |method| (method.as_str(), path.as_str()))
        })
        .collect();
    let mut served: BTreeSet<_> = routes().iter().map(Route::name).collect();
    served.extend(gateway::routes_of_clients());
    // The one of the files of the page that is no part of a page.
    served.insert(("get", "/openapi.json"));
    assert_eq!(documented, served);
}
