use super::*;
use crate::report::sample;

#[test]
fn it_is_read_back_with_a_row_a_second() {
    let run = sample::healthy();
    let written = csv(&run).unwrap();
    let mut reader = ::csv::Reader::from_reader(written.as_slice());
    assert_eq!(reader.headers().unwrap(), &COLUMNS[..]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), run.seconds.len());
    let column = |name| COLUMNS.iter().position(|column| *column == name).unwrap();
    for (row, second) in rows.iter().zip(&run.seconds) {
        assert_eq!(row[column("done")].parse::<u64>().unwrap(), second.done);
        assert_eq!(row[column("response_p99_us")].parse::<u64>().unwrap(), second.response_us[2]);
        assert_eq!(row[column("client_cpu")].parse::<f64>().unwrap(), second.client.cpu_of_process);
        assert_eq!(&row[column("target")], run.plan.target);
    }
    assert_eq!(&rows[7][column("heard")], "", "nobody listens");
    let warm_up = rows.iter().filter(|row| &row[column("is_warm_up")] == "1").count();
    assert_eq!(warm_up, 2, "the first two seconds count for nothing");
}

#[test]
fn what_those_who_listen_heard_is_in_each_row() {
    let written = csv(&sample::heard()).unwrap();
    let mut reader = ::csv::Reader::from_reader(written.as_slice());
    for row in reader.records().map(Result::unwrap) {
        let cell = |name| &row[COLUMNS.iter().position(|column| *column == name).unwrap()];
        let cells = ["heard", "delivery_p50_us", "delivery_p99_us"].map(cell);
        assert_eq!(cells, ["1665", "2250", "2495"]);
    }
}

#[test]
fn what_is_not_known_is_empty_and_what_is_hostile_is_one_cell() {
    let mut run = sample::hostile();
    run.plan.target += "\n,\",";
    run.seconds.iter_mut().for_each(|second| second.server = None);
    let written = csv(&run).unwrap();
    let mut reader = ::csv::Reader::from_reader(written.as_slice());
    for row in reader.records() {
        let row = row.expect("as many cells as columns");
        assert_eq!(row[32], run.plan.target);
        assert_eq!(&row[23], "");
    }
}
