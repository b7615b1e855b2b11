//! `chit camera test`: is the picture good enough to convince somebody later?

use std::fs;
use std::path::PathBuf;

use chit_proto::media_capture::v1::TestCameraRequest;
use clap::Subcommand;
use serde_json::json;

use crate::failure::Failure;
use crate::shop::{Shop, ask};

#[derive(Subcommand, Debug)]
pub enum CameraCommand {
    /// Judge the camera's picture: sharpness, light, angle of a paper that lies in it; and keep one picture.
    Test {
        /// Where the picture goes.
        #[arg(long, value_name = "FILE", default_value = "camera-test.jpg")]
        to: PathBuf,
    },
}

pub async fn run(shop: &Shop, command: CameraCommand) -> Result<(), Failure> {
    let CameraCommand::Test { to } = command;
    let station = shop.station();
    let seen = ask!(station.test_camera(TestCameraRequest {})).await?;
    fs::write(&to, &seen.jpeg)
        .map_err(|error| Failure::other("FILE_NOT_WRITTEN", format!("{}: {error}", to.display())))?;
    let paper = match seen.paper_angle_deg {
        Some(angle) => format!("a paper, {angle}° from upright"),
        None => "no paper".to_owned(),
    };
    let mut text = format!(
        "{}x{} · sharpness {} · light {} of 255 · {}.{} % overexposed · {paper}\npicture: {}\n",
        seen.width,
        seen.height,
        seen.sharpness,
        seen.light,
        seen.overexposed_permille / 10,
        seen.overexposed_permille % 10,
        to.display()
    );
    for advice in &seen.advice {
        text.push_str(&format!("! {advice}\n"));
    }
    if seen.advice.is_empty() {
        text.push_str("good\n");
    }
    let value = json!({
        "width": seen.width, "height": seen.height, "sharpness": seen.sharpness, "light": seen.light,
        "overexposed_permille": seen.overexposed_permille, "paper_angle_deg": seen.paper_angle_deg,
        "advice": seen.advice, "picture": to,
    });
    shop.output.result(text, &value);
    Ok(())
}
