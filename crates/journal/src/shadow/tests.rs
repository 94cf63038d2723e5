use super::*;

const NAME: &str = "00000001.seg";

fn two_writes(seed: u64) -> (ShadowDisk, Arc<dyn DiskFile>) {
    let disk = ShadowDisk::memory(seed);
    let file = disk.create(NAME, 16 * 512).unwrap();
    file.write_at(0, &[1; 8 * 512]).unwrap();
    file.sync().unwrap();
    file.write_at(4 * 512, &[2; 8 * 512]).unwrap();
    (disk, file)
}

fn bytes_of(disk: &ShadowDisk) -> Vec<u8> {
    let mut bytes = vec![0xFF; 16 * 512];
    let read = disk.open(NAME).unwrap().read_at(0, &mut bytes).unwrap();
    assert_eq!(read, bytes.len());
    bytes
}

#[test]
fn a_reader_sees_what_was_written_before_it_is_synced() {
    let (disk, file) = two_writes(1);
    let mut odd = [0; 3 * 512];
    assert_eq!(file.read_at(3 * 512 + 100, &mut odd).unwrap(), odd.len());
    assert!(odd[..412].iter().all(|&b| b == 1) && odd[412..].iter().all(|&b| b == 2));
    file.write_at(10, &[9; 5]).unwrap();
    let bytes = bytes_of(&disk);
    assert_eq!(&bytes[8..17], &[1, 1, 9, 9, 9, 9, 9, 1, 1]);
}

#[test]
fn after_a_power_cut_each_sector_is_old_or_new_and_synced_ones_are_there() {
    let mut lost = 0;
    let mut kept = 0;
    for seed in 0..40 {
        let (disk, _) = two_writes(seed);
        let (disk, report) = disk.power_cut(seed + 1000).unwrap();
        let bytes = bytes_of(&disk);
        assert!(bytes[..4 * 512].iter().all(|&b| b == 1));
        for (number, sector) in bytes.chunks(512).enumerate().skip(4).take(8) {
            assert!(sector.iter().all(|b| b == &sector[0]), "a sector is whole");
            let old = u8::from(number < 8);
            assert!(sector[0] == 2 || sector[0] == old);
            if sector[0] == 2 { kept += 1 } else { lost += 1 }
        }
        assert_eq!(
            report.lost_sectors,
            bytes[4 * 512..12 * 512].chunks(512).filter(|s| s[0] != 2).count()
        );
        assert!(!report.died_in_sync);
    }
    assert!(lost > 50 && kept > 50, "both happen: {lost} lost, {kept} kept");
}

#[test]
fn after_the_death_of_the_process_everything_is_there_and_still_unsynced() {
    let mut lost = 0;
    for seed in 0..20 {
        let (disk, _) = two_writes(seed);
        let before = bytes_of(&disk);
        let (disk, report) = disk.process_death(seed + 1000).unwrap();
        assert_eq!(bytes_of(&disk), before);
        assert_eq!(report.lost_sectors, 0);
        let (disk, _) = disk.power_cut(seed + 2000).unwrap();
        lost += usize::from(bytes_of(&disk) != before);
    }
    assert!(lost > 5, "what was not synced can still die: {lost}");
}

#[test]
fn a_death_inside_a_sync_is_told_and_a_failed_sync_is_not_one() {
    let (disk, file) = two_writes(3);
    disk.set_faults(Faults { stop_at_step: Some(3), ..Faults::default() });
    assert!(file.sync().is_err());
    assert!(file.sync().is_err(), "the power is off");
    assert!(disk.process_death(4).unwrap().1.died_in_sync);
    assert!(disk.power_cut(4).unwrap().1.died_in_sync);
    let (disk, file) = two_writes(3);
    disk.set_faults(Faults { fail_sync: Some(1), ..Faults::default() });
    assert!(file.sync().is_err());
    assert!(!disk.power_cut(4).unwrap().1.died_in_sync);
}

#[test]
fn a_sector_that_reached_the_disk_early_never_goes_back_to_an_older_version() {
    for seed in 0..60 {
        let disk = ShadowDisk::memory(seed);
        let file = disk.create(NAME, 16 * 512).unwrap();
        for version in 1..=6 {
            file.write_at(0, &[version; 512]).unwrap();
        }
        let Base::Memory(memory) = &disk.base else { panic!("in memory") };
        let mut base = [0; 512];
        memory.open(NAME).unwrap().read_at(0, &mut base).unwrap();
        let (disk, _) = disk.power_cut(seed).unwrap();
        let now = bytes_of(&disk)[0];
        assert!(now >= base[0], "{now} after {}", base[0]);
    }
}

#[test]
fn the_same_seed_gives_the_same_disk() {
    let run = |seed| {
        let (disk, _) = two_writes(seed);
        (bytes_of(&disk.power_cut(9).unwrap().0), disk.steps())
    };
    assert_eq!(run(5), run(5));
}

#[test]
fn a_directory_is_read_again_after_a_kill_and_a_torn_entry_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, _) = ShadowDisk::open(dir.path(), 1, Death::Power).unwrap();
    let file = disk.create(NAME, 16 * 512).unwrap();
    file.write_at(0, &[1; 512]).unwrap();
    file.sync().unwrap();
    file.write_at(512, &[2; 512]).unwrap();
    let whole = bytes_of(&disk);
    file.write_at(1024, &[3; 4 * 512]).unwrap();
    drop((disk, file));
    let sidecar = dir.path().join("00000001.seg.cache");
    let bytes = std::fs::read(&sidecar).unwrap();
    std::fs::write(&sidecar, &bytes[..bytes.len() - 1]).unwrap();
    // The write of the torn entry had not returned, so none of its sectors had reached the base.
    let base = dir.path().join(NAME);
    let mut on_disk = std::fs::read(&base).unwrap();
    on_disk[1024..6 * 512].fill(0);
    std::fs::write(&base, &on_disk).unwrap();
    for _ in 0..3 {
        let (disk, report) = ShadowDisk::open(dir.path(), 2, Death::Process).unwrap();
        assert_eq!(bytes_of(&disk), whole);
        assert_eq!(disk.list().unwrap(), [NAME]);
        assert!(report.unsynced_sectors <= 1 && report.lost_sectors == 0);
    }
    let (disk, report) = ShadowDisk::open(dir.path(), 3, Death::Power).unwrap();
    assert_eq!(bytes_of(&disk) == whole, report.lost_sectors == 0);
    assert_eq!(std::fs::metadata(&sidecar).unwrap().len(), 0);
}

#[test]
fn a_file_beyond_the_capacity_is_refused_and_leaves_nothing() {
    let disk = ShadowDisk::memory(1);
    disk.set_faults(Faults { capacity_bytes: Some(2000), ..Faults::default() });
    disk.create("a", 1000).unwrap();
    let full = disk.create("b", 1001).err().unwrap();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    assert_eq!(disk.list().unwrap(), ["a"]);
    disk.create("b", 1000).unwrap();
}

#[test]
fn a_file_keeps_its_size_also_where_that_ends_within_a_sector() {
    let disk = ShadowDisk::memory(1);
    let file = disk.create(NAME, 700).unwrap();
    for bytes in [[1; 100], [2; 100]] {
        file.write_at(600, &bytes).unwrap();
        assert_eq!(file.len().unwrap(), 700);
    }
    file.sync().unwrap();
    let (disk, _) = disk.power_cut(1).unwrap();
    assert_eq!(disk.open(NAME).unwrap().len().unwrap(), 700);
}

#[test]
fn a_name_that_was_not_synced_may_be_given_back_by_a_power_cut_and_by_nothing_else() {
    let (mut old, mut new) = (0, 0);
    for seed in 0..40 {
        let (disk, before) = two_writes(seed);
        before.sync().unwrap();
        let was = bytes_of(&disk);
        let file = disk.create("new", 16 * 512).unwrap();
        file.write_at(0, &[7; 16 * 512]).unwrap();
        file.sync().unwrap();
        disk.rename("new", NAME).unwrap();
        assert_eq!((bytes_of(&disk), disk.list().unwrap()), (vec![7; 16 * 512], vec![NAME.into()]));
        let mut held = [0; 512];
        before.read_at(0, &mut held).unwrap();
        assert_eq!(held, [1; 512], "who had it open goes on in it");
        let (disk, _) = disk.process_death(seed).unwrap();
        assert_eq!(bytes_of(&disk), [7; 16 * 512]);
        let cut = bytes_of(&disk.power_cut(seed).unwrap().0);
        old += usize::from(cut == was);
        new += usize::from(cut == [7; 16 * 512]);
        disk.sync_names().unwrap();
        assert_eq!(bytes_of(&disk.power_cut(seed + 100).unwrap().0), [7; 16 * 512]);
    }
    assert!(old > 8 && new > 8 && old + new == 40, "{old} times the old, {new} times the new");
}

#[test]
fn bytes_that_were_not_synced_before_they_got_their_name_may_be_lost_behind_it() {
    let mut lost = 0;
    for seed in 0..40 {
        let (disk, before) = two_writes(seed);
        before.sync().unwrap();
        let was = bytes_of(&disk);
        disk.create("new", 16 * 512).unwrap().write_at(0, &[7; 16 * 512]).unwrap();
        disk.rename("new", NAME).unwrap();
        disk.sync_names().unwrap();
        assert_eq!(bytes_of(&disk.process_death(seed).unwrap().0), [7; 16 * 512]);
        let cut = bytes_of(&disk.power_cut(seed).unwrap().0);
        assert_ne!(cut, was, "the name was durable");
        lost += usize::from(cut.contains(&0));
    }
    assert!(lost > 20, "{lost} of 40");
}

#[test]
fn a_directory_whose_process_died_after_a_renaming_is_as_one_in_memory() {
    let (mut old, mut new) = (0, 0);
    for seed in 0..16 {
        let dir = tempfile::tempdir().unwrap();
        let (disk, _) = ShadowDisk::open(dir.path(), seed, Death::Power).unwrap();
        for (name, byte) in [(NAME, 1), ("new", 7)] {
            let file = disk.create(name, 16 * 512).unwrap();
            file.write_at(0, &[byte; 16 * 512]).unwrap();
            file.sync().unwrap();
        }
        disk.rename("new", NAME).unwrap();
        drop(disk);
        let (disk, _) = ShadowDisk::open(dir.path(), seed, Death::Process).unwrap();
        assert_eq!((bytes_of(&disk), disk.list().unwrap()), (vec![7; 16 * 512], vec![NAME.into()]));
        drop(disk);
        let (disk, _) = ShadowDisk::open(dir.path(), seed, Death::Power).unwrap();
        old += usize::from(bytes_of(&disk) == [1; 16 * 512]);
        new += usize::from(bytes_of(&disk) == [7; 16 * 512]);
        drop(disk);
        let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("undo")));
    }
    assert!(old > 2 && new > 2 && old + new == 16, "{old} times the old, {new} times the new");
}
