use super::*;

pub fn recording() -> Recording {
    let id = RecordingId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2E").unwrap();
    Recording::new(id, SaleId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2F").unwrap(), None, 1)
}

fn segment() -> Segment {
    let (width, height) = (640, 480);
    Segment {
        number: 1,
        width,
        height,
        frame_rate_milli: 15_000,
        first_monotonic_ns: 5,
        first_us: 9,
        dropped: 0,
        camera_id: "cam".into(),
    }
}

fn till() -> FilmedBy {
    FilmedBy { name: "till".into(), device_id: "cam".into(), masks: Vec::new() }
}

fn goods(byte: u8) -> Goods {
    Goods { sha256: [byte; 32], media_type: "application/protobuf".into() }
}

fn photo() -> Photo {
    Photo { sha256: [3; 32], taken_us: 7 }
}

#[test]
fn a_whole_recording_ends_sealed() {
    let mut recording = recording();
    recording.segment_started(segment(), till());
    assert_eq!((recording.state, recording.video_running), (State::Recording, true));
    recording.photo_taken(PhotoKind::PayerAndGoods, photo()).unwrap();
    assert!(recording.attach_goods(goods(1)).unwrap());
    assert!(recording.ask_stop() && !recording.ask_stop());
    assert!(!recording.ready_to_seal());
    recording.clip_closed(None);
    assert!(recording.ready_to_seal());
    recording.note_missing_pieces();
    recording.sealed([1; 32], 10);
    assert_eq!(recording.state, State::Sealed);
    assert_eq!(recording.photo_taken(PhotoKind::Paper, photo()), Err(Refused::Sealed));
}

#[test]
fn a_recording_without_camera_or_photo_ends_partial_and_says_so() {
    let mut recording = recording();
    recording.picture_lost(GapReason::CameraAbsent);
    assert_eq!(recording.state, State::Armed);
    recording.attach_goods(goods(1)).unwrap();
    recording.clip_closed(None);
    recording.note_missing_pieces();
    recording.sealed([1; 32], 10);
    assert_eq!(recording.state, State::Partial);
    assert_eq!(Vec::from_iter(&recording.missing), ["camera_absent", "photo_1_missing"]);
}

#[test]
fn a_recording_that_got_no_picture_is_never_whole_even_if_nobody_complained() {
    let mut recording = recording();
    recording.photo_taken(PhotoKind::PayerAndGoods, photo()).unwrap();
    recording.clip_closed(None);
    recording.note_missing_pieces();
    recording.sealed([1; 32], 10);
    assert_eq!(recording.state, State::Partial);
}

#[test]
fn goods_may_be_repeated_but_not_replaced_even_after_the_seal() {
    let mut recording = recording();
    assert!(recording.attach_goods(goods(1)).unwrap());
    recording.clip_closed(None);
    recording.sealed([1; 32], 10);
    assert_eq!(recording.attach_goods(goods(1)), Ok(false));
    assert_eq!(recording.attach_goods(goods(2)), Err(Refused::OtherGoods));
}

#[test]
fn a_receipt_number_is_told_once_and_each_camera_is_listed_once() {
    let mut recording = recording();
    assert_eq!(recording.note_receipt(""), Ok(false));
    assert_eq!(recording.note_receipt("20261130-000001"), Ok(true));
    assert_eq!(recording.note_receipt("20261130-000001"), Ok(false));
    assert_eq!(recording.note_receipt("20261130-000002"), Err(Refused::OtherReceipt));
    let customer = FilmedBy { name: "customer".into(), ..till() };
    for by in [till(), customer.clone(), till()] {
        recording.segment_started(segment(), by);
    }
    assert_eq!(recording.cameras, [till(), customer]);
}

#[test]
fn a_crash_leaves_a_running_recording_waiting_and_a_stopped_one_ready_for_its_seal() {
    let mut running = recording();
    running.segment_started(segment(), till());
    let before = running.revision;
    running.recovered(4, false);
    assert!(running.can_resume() && running.revision > before + 300);
    assert_eq!((running.next_segment(), running.fragments), (2, 4));

    let mut stopped = recording();
    stopped.ask_stop();
    stopped.recovered(0, false);
    assert_eq!((stopped.state, stopped.can_resume()), (State::Finalizing, false));

    let mut closed = recording();
    closed.clip_closed(None);
    closed.recovered(9, true);
    assert!(closed.missing.is_empty(), "a crash after the clip was closed cost nothing");
}
