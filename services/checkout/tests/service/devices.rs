//! media-capture and the SMS gateway of the fake world.

use chit_proto::media_capture::v1 as media;
use chit_proto::sms_gateway::v1 as sms;

use crate::far::{Answer, Call, away, stream, unary, unknown};
use crate::world::World;

impl World {
    pub async fn media(self, method: &str, call: Call) -> Answer {
        use media::RecordingState::{Recording, Sealed};
        if method == "TakeSnapshot" && self.facts().camera_away {
            return away();
        }
        match method {
            "TakeSnapshot" => {
                unary(call, |_: media::TakeSnapshotRequest| {
                    Ok(media::TakeSnapshotResponse { jpeg: vec![0xff, 0xd8], sha256: vec![1; 32] })
                })
                .await
            }
            "PauseCapture" => {
                unary(call, |_: media::PauseCaptureRequest| Ok(media::PauseCaptureResponse::default())).await
            }
            "ResumeCapture" => {
                unary(call, |_: media::ResumeCaptureRequest| Ok(media::ResumeCaptureResponse::default()))
                    .await
            }
            "StartRecording" => {
                unary(call, move |request: media::StartRecordingRequest| {
                    let recording = self.change(|facts| {
                        facts.told("recording", &request.recording_id, &request);
                        let fresh = media::Recording {
                            recording_id: request.recording_id.clone(),
                            sale_id: request.sale_id.clone(),
                            state: Recording as i32,
                            video_running: true,
                            revision: 1,
                            ..media::Recording::default()
                        };
                        facts.recordings.entry(request.recording_id.clone()).or_insert(fresh).clone()
                    });
                    Ok(media::StartRecordingResponse { recording: Some(recording) })
                })
                .await
            }
            "TakePhoto" => {
                unary(call, move |request: media::TakePhotoRequest| {
                    let sha256 = vec![request.kind as u8; 32];
                    let recording = self.recording(&request.recording_id, |_| {});
                    Ok(media::TakePhotoResponse { sha256, recording })
                })
                .await
            }
            "AttachGoods" => {
                unary(call, move |request: media::AttachGoodsRequest| {
                    self.change(|facts| facts.told("goods", &request.recording_id, &request));
                    let recording = self.recording(&request.recording_id, |_| {});
                    Ok(media::AttachGoodsResponse { recording })
                })
                .await
            }
            "StopRecording" => {
                unary(call, move |request: media::StopRecordingRequest| {
                    let recording = self.recording(&request.recording_id, |recording| {
                        recording.state = Sealed as i32;
                        recording.manifest_sha256 = vec![9; 32];
                        recording.revision = 2;
                    });
                    Ok(media::StopRecordingResponse { recording })
                })
                .await
            }
            "WatchRecording" => {
                stream(call, move |request: media::WatchRecordingRequest| {
                    let mut after = request.after_revision;
                    self.follow(move |facts| {
                        let recording = facts.recordings[&request.recording_id].clone();
                        let ended = recording.state() == Sealed;
                        let news = recording.revision > after;
                        after = recording.revision;
                        let event = media::WatchRecordingResponse { kind: 1, recording: Some(recording) };
                        (news.then_some(event).into_iter().collect(), ended)
                    })
                })
                .await
            }
            "GetEvidence" => {
                unary(call, |_: media::GetEvidenceRequest| Ok(media::GetEvidenceResponse::default())).await
            }
            "NoteSale" => {
                unary(call, move |request: media::NoteSaleRequest| {
                    self.change(|facts| facts.noted.push(request));
                    Ok(media::NoteSaleResponse::default())
                })
                .await
            }
            "HoldEvidence" => {
                unary(call, move |request: media::HoldEvidenceRequest| {
                    let hold = request.hold.unwrap_or_default();
                    self.change(|facts| facts.holds.insert(hold.hold_id.clone(), hold));
                    Ok(media::HoldEvidenceResponse::default())
                })
                .await
            }
            "ReleaseHold" => {
                unary(call, move |request: media::ReleaseHoldRequest| {
                    self.change(|facts| facts.holds.remove(&request.hold_id));
                    Ok(media::ReleaseHoldResponse::default())
                })
                .await
            }
            "WatchEvidenceLog" => {
                stream(call, move |request: media::WatchEvidenceLogRequest| {
                    let mut after = request.after_position;
                    self.follow(move |facts| {
                        let newer = facts.evidence_log.iter().filter(|entry| entry.position > after);
                        let news: Vec<_> = newer.cloned().collect();
                        after = news.last().map_or(after, |newest| newest.position);
                        (news, false)
                    })
                })
                .await
            }
            _ => unknown(),
        }
    }

    fn recording(&self, id: &str, change: impl FnOnce(&mut media::Recording)) -> Option<media::Recording> {
        self.change(|facts| {
            let recording = facts.recordings.get_mut(id)?;
            change(recording);
            Some(recording.clone())
        })
    }

    pub async fn sms(self, method: &str, call: Call) -> Answer {
        match method {
            "ListInbound" => {
                unary(call, move |_: sms::ListInboundRequest| {
                    let inbound = self.facts().inbound.iter().rev().cloned().collect();
                    Ok(sms::ListInboundResponse { inbound, ..Default::default() })
                })
                .await
            }
            "GetMessage" => {
                unary(call, move |request: sms::GetMessageRequest| {
                    let facts = self.facts();
                    let known = facts.messages.iter().find(|(sent, _)| sent.message_id == request.message_id);
                    Ok(sms::GetMessageResponse { message: known.map(|(_, message)| message.clone()) })
                })
                .await
            }
            "WatchModem" => {
                stream(call, move |_: sms::WatchModemRequest| {
                    let modem = sms::Modem { state: sms::ModemState::Ready as i32, ..sms::Modem::default() };
                    let mut first = vec![sms::WatchModemResponse { modem: Some(modem) }];
                    self.follow(move |_| (std::mem::take(&mut first), false))
                })
                .await
            }
            "SendMessage" => {
                unary(call, move |request: sms::SendMessageRequest| {
                    let message = self.change(|facts| facts.send(&request));
                    Ok(sms::SendMessageResponse { message: Some(message) })
                })
                .await
            }
            "WatchMessages" => {
                stream(call, move |request: sms::WatchMessagesRequest| {
                    let mut after = request.after_revision;
                    self.follow(move |facts| {
                        let newer = facts.messages.iter().filter(|(_, message)| message.revision > after);
                        let news: Vec<_> = newer
                            .map(|(_, message)| sms::WatchMessagesResponse { message: Some(message.clone()) })
                            .collect();
                        after = after.max(facts.messages.len() as u64);
                        (news, false)
                    })
                })
                .await
            }
            "WatchInbound" => {
                stream(call, move |request: sms::WatchInboundRequest| {
                    let mut after = request.after_seq;
                    self.follow(move |facts| {
                        let newer = facts.inbound.iter().filter(|inbound| inbound.seq > after);
                        let news: Vec<_> = newer
                            .map(|inbound| sms::WatchInboundResponse { inbound: Some(inbound.clone()) })
                            .collect();
                        after = after.max(facts.inbound.len() as u64);
                        (news, false)
                    })
                })
                .await
            }
            "AckInbound" => {
                unary(call, |request: sms::AckInboundRequest| {
                    Ok(sms::AckInboundResponse { acked_seq: request.up_to_seq })
                })
                .await
            }
            "ConfirmDelivered" => {
                unary(call, |_: sms::ConfirmDeliveredRequest| Ok(sms::ConfirmDeliveredResponse::default()))
                    .await
            }
            "CancelMessage" => {
                unary(call, |_: sms::CancelMessageRequest| Ok(sms::CancelMessageResponse::default())).await
            }
            _ => unknown(),
        }
    }
}
