//! TestCamera and Announce.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::media_capture::v1::station_service_server::StationService;
use chit_proto::media_capture::v1::*;
use chit_runtime::error;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use tonic::{Code, Request, Response, Status};

use super::{Answer, Api};
use crate::device::{speaker, voice};
use crate::domain::drift::RATE;
use crate::domain::inspect;
use crate::domain::speech::{self, AMOUNT_MAX, Language, Saying};

const TEXT_CHARS_MAX: usize = 200;

/// How the shop wants to be spoken in.
pub struct Speaker {
    /// The worker and its arguments; `None` = the speaker is off.
    pub worker: Option<Vec<String>>,
    pub volume_percent: u8,
    /// From, until; may go over midnight.
    pub quiet: Option<(Time, Time)>,
    pub zone: TimeZone,
    /// One voice at a time.
    pub turn: Arc<tokio::sync::Mutex<()>>,
}

impl Speaker {
    fn is_quiet(&self, now: jiff::Timestamp) -> bool {
        let time = now.to_zoned_datetime(self.zone.clone()).time();
        self.quiet.is_some_and(|(from, until)| match from <= until {
            true => (from..until).contains(&time),
            false => time >= from || time < until,
        })
    }
}

#[tonic::async_trait]
impl StationService for Api {
    async fn test_camera(&self, _: Request<TestCameraRequest>) -> Answer<TestCameraResponse> {
        let frame = self.sound_frame().await?.frame;
        let jpeg = self.snapshot_of(frame.clone()).await?;
        let (width, height) = (frame.width.into(), frame.height.into());
        let seen = tokio::task::spawn_blocking(move || inspect::inspect(&frame)).await;
        let seen = seen.map_err(|_| Status::internal("the picture could not be judged"))?;
        Ok(Response::new(TestCameraResponse {
            sharpness: seen.sharpness,
            light: seen.light,
            overexposed_permille: seen.overexposed_permille,
            paper_angle_deg: seen.paper_angle_deg,
            advice: seen.advice.into_iter().map(str::to_owned).collect(),
            jpeg,
            width,
            height,
        }))
    }

    async fn announce(&self, request: Request<AnnounceRequest>) -> Answer<AnnounceResponse> {
        let request = request.into_inner();
        let language = match &*request.language {
            "zh-CN" => Language::Chinese,
            "en" => Language::English,
            _ => return Err(error::bad_field("language", "INVALID_LANGUAGE", "use zh-CN or en")),
        };
        let speaker = &self.0.speaker;
        let Some(worker) = speaker.worker.clone() else {
            let message = "the speaker is off; set speaker = true in [media-capture]";
            return Err(error::status(Code::FailedPrecondition, "SPEAKER_ABSENT", message));
        };
        if speaker.is_quiet(self.0.clock.now()) {
            return Err(error::status(Code::FailedPrecondition, "QUIET_HOURS", "these are quiet hours"));
        }
        let busy = |_| error::status(Code::ResourceExhausted, "SPEAKER_BUSY", "it speaks; try again");
        let turn = speaker.turn.clone().try_lock_owned().map_err(busy)?;
        let samples = match request.prompt() {
            Prompt::FreeText => {
                let text = free_text(&request.text)?;
                let absent = |error: speaker::SpeakError| {
                    error::status(Code::Unavailable, "SPEAKER_ABSENT", error.to_string())
                };
                speaker::synthesize(text, language).await.map_err(absent)?
            }
            _ => {
                let pieces = speech::pieces(&saying(&request)?, language);
                let said = voice::say(&pieces, language, speaker.volume_percent);
                said.map_err(|error| Status::internal(error.to_string()))?
            }
        };
        let length_ms = (samples.len() as u64 * 1000 / u64::from(RATE)) as u32;
        tokio::spawn(async move {
            if let Err(error) = speaker::play(&worker, &samples).await {
                tracing::warn!(%error, "not said");
            }
            // The next may speak after a breath.
            tokio::time::sleep(Duration::from_millis(100)).await;
            drop(turn);
        });
        Ok(Response::new(AnnounceResponse { length_ms }))
    }
}

fn saying(request: &AnnounceRequest) -> Result<Saying, Status> {
    Ok(match request.prompt() {
        Prompt::ShowCode => Saying::ShowCode,
        Prompt::CodeRefused => Saying::CodeRefused,
        Prompt::TakeReceipt => Saying::TakeReceipt,
        Prompt::Recorded => {
            let bad = |field, remedy: &str| error::bad_field(field, "INVALID_AMOUNT", remedy);
            if !(0..=AMOUNT_MAX).contains(&request.amount_minor) {
                return Err(bad("amount_minor", "use 0 to 99999999"));
            }
            let currency = iso_currency::Currency::from_code(&request.currency_code)
                .ok_or_else(|| bad("currency_code", "use a code of ISO 4217, for example CNY"))?;
            Saying::Recorded {
                amount_minor: request.amount_minor,
                digits: u32::from(currency.exponent().unwrap_or(0)),
                currency: request.currency_code.clone(),
            }
        }
        Prompt::FreeText | Prompt::Unspecified => {
            return Err(error::bad_field("prompt", "INVALID_PROMPT", "say which"));
        }
    })
}

fn free_text(text: &str) -> Result<&str, Status> {
    let plain = !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS_MAX;
    let remedy = "use 1 to 200 characters, no control characters";
    if plain && !text.chars().any(char::is_control) {
        Ok(text)
    } else {
        Err(error::bad_field("text", "INVALID_TEXT", remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let at = |hour: i8| Time::constant(hour, 0, 0, 0);
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let speaker = |from, until| Speaker {
            worker: None,
            volume_percent: 100,
            quiet: Some((at(from), at(until))),
            zone: zone.clone(),
            turn: Arc::default(),
        };
        // 23:30 and 12:30 in Shanghai.
        let (night, noon): (jiff::Timestamp, jiff::Timestamp) =
            ("2026-11-30T15:30:00Z".parse().unwrap(), "2026-11-30T04:30:00Z".parse().unwrap());
        assert!(speaker(21, 8).is_quiet(night) && !speaker(21, 8).is_quiet(noon));
        assert!(speaker(12, 14).is_quiet(noon) && !speaker(12, 14).is_quiet(night));
        assert!(!Speaker { quiet: None, ..speaker(0, 1) }.is_quiet(night));
    }
}
