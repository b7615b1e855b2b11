//! Makes voice/zh.voice and voice/en.voice: espeak-ng says each piece, Opus packs it. `just voice` runs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use chit_media_capture::domain::drift::{Drift, RATE};
use chit_media_capture::domain::speech::PIECES;
use opus::{Application, Bitrate, Channels, Encoder};

const BITS_A_SECOND: i32 = 24_000;
const PACKET: usize = RATE as usize / 50;
/// What is quieter than this at the edges is silence that espeak-ng leaves.
const SILENCE: u16 = 200;

fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("voice");
    for (file, voice, words) in
        [("zh.voice", "cmn", chinese as fn(&str) -> &str), ("en.voice", "en", english)]
    {
        let mut out = Vec::new();
        for piece in PIECES {
            let samples = trimmed(&speak(voice, words(piece))?);
            let packets = coded(&samples)?;
            out.extend((piece.len() as u16).to_be_bytes());
            out.extend(piece.as_bytes());
            out.extend((packets.len() as u16).to_be_bytes());
            for packet in packets {
                out.extend((packet.len() as u16).to_be_bytes());
                out.extend(packet);
            }
        }
        println!("{file}: {} pieces, {} bytes", PIECES.len(), out.len());
        fs::write(folder.join(file), out)?;
    }
    Ok(())
}

fn english(piece: &str) -> &str {
    match piece {
        "two" => "two",
        "ten-thousand" => "ten thousand",
        "yuan" => "yuan",
        "recorded" => "recorded,",
        "show-code" => "please show your code",
        "code-refused" => "this code cannot be used, please ask the cashier",
        "take-receipt" => "please take your receipt",
        number_or_word => number_or_word,
    }
}

fn chinese(piece: &str) -> &str {
    match piece {
        "0" => "零",
        "1" => "一",
        "2" => "二",
        "two" => "两",
        "3" => "三",
        "4" => "四",
        "5" => "五",
        "6" => "六",
        "7" => "七",
        "8" => "八",
        "9" => "九",
        "10" => "十",
        "hundred" => "百",
        "thousand" => "千",
        "ten-thousand" => "万",
        "point" => "点",
        "yuan" => "元",
        "recorded" => "已登记",
        "show-code" => "请出示您的付款码",
        "code-refused" => "此码无法使用，请询问收银员",
        "take-receipt" => "请取走小票",
        // Not said in Chinese, where tens are put together; there so that both files have the same pieces.
        number => number,
    }
}

fn speak(voice: &str, text: &str) -> anyhow::Result<Vec<i16>> {
    let said = Command::new("espeak-ng").args(["-v", voice, "-s", "150", "--stdout", text]).output();
    let wav = said.context("espeak-ng; the package espeak-ng has it")?.stdout;
    ensure!(wav.len() > 44, "{voice}: no sound of {text}");
    let rate = u32::from_le_bytes(wav[24..28].try_into()?);
    let samples: Vec<i16> =
        wav[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    Ok(Drift::new(rate).lay(0, &samples).samples)
}

fn trimmed(samples: &[i16]) -> Vec<i16> {
    let is_loud = |sample: &i16| sample.unsigned_abs() > SILENCE;
    let first = samples.iter().position(is_loud).unwrap_or(0);
    let last = samples.iter().rposition(is_loud).map_or(samples.len(), |at| at + 1);
    samples[first..last].to_vec()
}

fn coded(samples: &[i16]) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut encoder = Encoder::new(RATE, Channels::Mono, Application::Audio)?;
    encoder.set_bitrate(Bitrate::Bits(BITS_A_SECOND))?;
    let mut padded = samples.to_vec();
    padded.resize(samples.len().next_multiple_of(PACKET), 0);
    padded.chunks(PACKET).map(|packet| Ok(encoder.encode_vec(packet, 1_500)?)).collect()
}
