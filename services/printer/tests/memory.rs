//! A shop's logo in the printer's own memory: written once, printed by its key, and never at the price of a paper.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use chit_proto::printer::v1 as proto;
use proto::JobState;
use support::peer::{Manner, Peer, WELL};
use support::{House, paper};

const JOB: &str = "01JDJ0B0000000000000000001";
const NEXT: &str = "01JDJ0B0000000000000000002";
const THIRD: &str = "01JDJ0B0000000000000000003";
const REMEMBERS: Manner = Manner { keeps_logos: true, ..WELL };
/// `GS v 0`.
const RASTER: &[u8] = b"\x1dv0";
/// `DLE DC4` fn 8.
const CLEAR: &[u8] = &[0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];

async fn house_in(dir: tempfile::TempDir, peer: &Peer, keys: &str) -> House {
    house_with(dir, peer, keys, 3).await
}

/// A picture for each slope.
async fn house_with(dir: tempfile::TempDir, peer: &Peer, keys: &str, slope: u32) -> House {
    let path = dir.path().join("logo.png");
    let mut encoder = png::Encoder::new(std::fs::File::create(&path).unwrap(), 240, 80);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels: Vec<u8> = (0..240 * 80u32).map(|n| if n % 240 > n / 240 * slope { 0 } else { 255 }).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    let profile = "profile = \"epson-tm-80\"\nchinese = \"gbk\"";
    let keys = format!("{profile}\nlogo = {path:?}\n{keys}");
    House::start_with(dir, &peer.address, &keys).await
}

async fn house(peer: &Peer, keys: &str) -> House {
    house_in(tempfile::tempdir().unwrap(), peer, keys).await
}

fn has(peer: &Peer, part: &[u8]) -> bool {
    peer.connections().concat().windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_logo_is_written_into_the_printer_once_and_then_named() {
    let peer = Peer::start(REMEMBERS).await;
    let mut shop = house(&peer, "logo_in_printer = true").await;
    shop.submit(JOB, paper::sale()).await.unwrap();
    shop.until(JOB, JobState::Printed).await;
    let logos = peer.logos();
    assert_eq!(logos.len(), 1);
    let dir = shop.stop().await;
    let mut shop = house_in(dir, &peer, "logo_in_printer = true").await;
    shop.submit(NEXT, paper::sale()).await.unwrap();
    shop.until(NEXT, JobState::Printed).await;
    assert_eq!(peer.logos(), logos, "the flash was written again");
    let name = format!("[LOGO {}]", String::from_utf8_lossy(&logos[0]));
    assert!(peer.papers().iter().all(|paper| paper.contains(&name)) && !has(&peer, RASTER));
    shop.stop().await;
}

#[tokio::test]
async fn a_new_picture_is_written_beside_the_old_one_and_a_printer_that_was_reset_gets_its_logo_again() {
    let peer = Peer::start(REMEMBERS).await;
    let keys = "logo_in_printer = true";
    let mut shop = house(&peer, keys).await;
    shop.submit(JOB, paper::sale()).await.unwrap();
    shop.until(JOB, JobState::Printed).await;
    let mut shop = house_with(shop.stop().await, &peer, keys, 1).await;
    shop.submit(NEXT, paper::sale()).await.unwrap();
    shop.until(NEXT, JobState::Printed).await;
    let logos = peer.logos();
    assert!(logos.len() == 2 && logos[0] != logos[1], "{logos:?}");
    let name = |key: &[u8; 2]| format!("[LOGO {}]", String::from_utf8_lossy(key));
    assert!(peer.papers()[1].contains(&name(&logos[1])));
    let dir = shop.stop().await;
    peer.forget_logos();
    let mut shop = house_with(dir, &peer, keys, 1).await;
    shop.submit(THIRD, paper::sale()).await.unwrap();
    shop.until(THIRD, JobState::Printed).await;
    assert_eq!(peer.logos(), logos[1..]);
    shop.stop().await;
}

#[tokio::test]
async fn a_printer_that_says_nothing_of_logos_gets_it_as_dots() {
    let peer = Peer::start(WELL).await;
    let mut shop = house(&peer, "logo_in_printer = true").await;
    shop.submit(JOB, paper::sale()).await.unwrap();
    shop.until(JOB, JobState::Printed).await;
    assert!(has(&peer, RASTER) && !has(&peer, &[48, 67, 48]));
    shop.stop().await;
}

#[tokio::test]
async fn nothing_is_written_into_a_printer_without_the_owner_s_word() {
    let peer = Peer::start(REMEMBERS).await;
    let mut shop = house(&peer, "").await;
    shop.submit(JOB, paper::sale()).await.unwrap();
    shop.until(JOB, JobState::Printed).await;
    assert!(has(&peer, RASTER) && peer.logos().is_empty());
    shop.stop().await;
}

#[tokio::test]
async fn a_link_lost_amid_the_logo_is_cleared_before_anything_is_printed() {
    let peer = Peer::start(Manner { drops_logos: true, ..REMEMBERS }).await;
    let mut shop = house(&peer, "logo_in_printer = true").await;
    shop.submit(JOB, paper::sale()).await.unwrap();
    peer.has_connected(2).await;
    peer.set(REMEMBERS);
    shop.until(JOB, JobState::Printed).await;
    let connections = peer.connections();
    assert!(connections[1].starts_with(CLEAR), "the paper could have become a part of the picture");
    assert!(peer.papers().iter().any(|paper| paper.contains("ORIGINAL")));
    shop.stop().await;
}

#[tokio::test]
async fn a_late_word_about_logos_is_not_acknowledged_amid_a_paper() {
    let peer = Peer::start(WELL).await;
    let mut shop = house(&peer, "logo_in_printer = true").await;
    shop.submit(JOB, paper::sale()).await.unwrap();
    shop.until(JOB, JobState::Printed).await;
    let before = peer.connections().concat().len();
    // The keys, and a status behind them, by which it is known that they were heard.
    peer.say(&[0x37, 0x72, 0x40, b'A', b'A', 0, 0x14, 0, 0x03, 0]);
    let heard = async {
        loop {
            let answer = shop.client.clone().get_status(proto::GetStatusRequest {}).await.unwrap();
            if answer.into_inner().status.unwrap().paper_near_end {
                break;
            }
        }
    };
    tokio::time::timeout(support::PATIENCE, heard).await.unwrap();
    assert!(
        !peer.connections().concat()[before..].contains(&0x06),
        "an ACK is a part of whatever is being sent"
    );
    shop.stop().await;
}
