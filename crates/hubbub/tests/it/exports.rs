//! `hubbub export`. What PostgreSQL makes of it is tested where the script is made, in `tables`.

use crate::house::{House, SMALL, address, hubbub, run};

#[tokio::test]
async fn export_writes_a_whole_script_and_says_74_where_there_are_no_tables() {
    let folder = tempfile::tempdir().unwrap();
    House::serve(folder.path(), address(), SMALL).await;
    let export = |arguments: &[&str]| {
        let mut command = hubbub(folder.path());
        command.arg("export").args(arguments);
        run(command, folder.path())
    };
    let told = export(&["--data", "data"]).await;
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{told:?}");
    assert!(told.out.starts_with("-- The tables of hubbub, version "), "{}", told.out);
    assert!(told.out.ends_with("\nCOMMIT;\n"), "{}", told.out);
    let kept = export(&["--data", "data", "--output", "tables.sql"]).await;
    assert_eq!((kept.code, kept.out.as_str()), (Some(0), ""), "{kept:?}");
    let script = std::fs::read_to_string(folder.path().join("tables.sql")).unwrap();
    assert!(script.contains("COPY windows FROM STDIN;\n"), "{script}");
    let nowhere = export(&["--data", "nowhere"]).await;
    assert_eq!(nowhere.code, Some(74), "{nowhere:?}");
    assert!(nowhere.err.contains("nowhere"), "{nowhere:?}");
    let nobody = export(&["--data", "data", "--output", "no/such/folder"]).await;
    assert_eq!(nobody.code, Some(74), "{nobody:?}");
}
