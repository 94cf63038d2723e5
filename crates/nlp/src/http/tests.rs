use http_body_util::Full;
use serde_json::{Value, json};

use super::*;

fn door(is_loopback: bool) -> Door {
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        streams: 1,
        http1: false,
        faults: Faults::default(),
        models: true,
        model: None,
    };
    let desk = Desk::new(&options, Reading::Lists, watch::channel(false).1);
    Door::new(Arc::new(desk), is_loopback, Arc::default())
}

async fn ask(door: &Door, method: Method, body: &Value) -> (u16, Value) {
    let body = Full::new(Bytes::from(body.to_string()));
    let request = Request::builder().method(method).uri("/v1/faults").body(body).unwrap();
    let response = door.answer(request).await;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn faults_are_changed_from_the_machine_itself_and_read_from_anywhere() {
    let faults = json!({ "hang_share": 1.0 });
    let far = door(false);
    let (status, problem) = ask(&far, Method::PUT, &faults).await;
    assert_eq!((status, &problem["code"]), (403, &json!("not_loopback")));
    assert_eq!(ask(&far, Method::GET, &faults).await.1["hang_share"], 0.0);
    let near = door(true);
    assert_eq!(ask(&near, Method::PUT, &faults).await.0, 200);
    assert_eq!(ask(&near, Method::GET, &faults).await.1["hang_share"], 1.0);
}
