//! The second decoder's process: questions on stdin, answers on stdout, until stdin closes. A question is width and height
//! (32 bits, little-endian) and the grey bytes; an answer is how many codes there are, and each with its length in front.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rqrr::PreparedImage;

use crate::sight::Plane;
use crate::sight::binary::by_local_mean;

/// Codes of one picture.
const CODES_MAX: u32 = 8;
/// A QR code 40-L holds 7,089 digits.
const CODE_LEN_MAX: u32 = 8192;
const PIXELS_MAX: usize = 2_000_000;
/// Pixels around a pixel that its threshold is the mean of, and how much darker than that is dark.
const SURROUNDINGS_PX: usize = 40;
const BIAS: i32 = 5;

/// What each code says.
pub type Answer = Vec<Vec<u8>>;

/// `fn main` of code-worker.
pub fn main() -> ExitCode {
    let (mut stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
    while let Ok(plane) = read_question(&mut stdin) {
        if write_answer(&mut stdout, &read(&plane)).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn read(plane: &Plane<'_>) -> Answer {
    let Some(matrix) = by_local_mean(plane, SURROUNDINGS_PX, BIAS) else { return Vec::new() };
    let mut image =
        PreparedImage::prepare_from_bitmap(plane.width, plane.height, |x, y| matrix.get(x as u32, y as u32));
    let codes = image.detect_grids().into_iter().filter_map(|grid| {
        let mut content = Vec::new();
        grid.decode_to(&mut content).ok().filter(|_| !content.is_empty()).map(|_meta| content)
    });
    codes.take(CODES_MAX as usize).collect()
}

pub fn write_question(to: &mut impl Write, plane: &Plane<'_>) -> io::Result<()> {
    to.write_all(&(plane.width as u32).to_le_bytes())?;
    to.write_all(&(plane.height as u32).to_le_bytes())?;
    to.write_all(&plane.grey)?;
    to.flush()
}

fn read_question(from: &mut impl Read) -> io::Result<Plane<'static>> {
    let (width, height) = (number(from)? as usize, number(from)? as usize);
    let pixels =
        width.checked_mul(height).filter(|pixels| *pixels <= PIXELS_MAX).ok_or(io::ErrorKind::InvalidData)?;
    let mut grey = vec![0; pixels];
    from.read_exact(&mut grey)?;
    Plane::new(width, height, grey).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn write_answer(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    to.write_all(&(answer.len() as u32).to_le_bytes())?;
    for code in answer {
        to.write_all(&(code.len() as u32).to_le_bytes())?;
        to.write_all(code)?;
    }
    to.flush()
}

/// The worker may do anything when it goes wrong, so nothing is believed.
pub fn read_answer(from: &mut impl Read) -> io::Result<Answer> {
    let bounded =
        |value: u32, most: u32| if value <= most { Ok(value) } else { Err(io::ErrorKind::InvalidData) };
    let codes = bounded(number(from)?, CODES_MAX)?;
    let mut answer = Vec::new();
    for _ in 0..codes {
        let mut code = vec![0; bounded(number(from)?, CODE_LEN_MAX)? as usize];
        from.read_exact(&mut code)?;
        answer.push(code);
    }
    Ok(answer)
}

fn number(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn questions_and_answers_come_through_the_pipe() {
        let plane = Plane::new(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let mut pipe = Vec::new();
        write_question(&mut pipe, &plane).unwrap();
        assert_eq!(read_question(&mut pipe.as_slice()).unwrap(), plane);
        let answer = vec![b"HELLO".to_vec(), b"WORLD".to_vec()];
        let mut pipe = Vec::new();
        write_answer(&mut pipe, &answer).unwrap();
        assert_eq!(read_answer(&mut pipe.as_slice()).unwrap(), answer);
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_worker_are_believed_beyond_the_limits(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(answer) = read_answer(&mut bytes.as_slice()) {
                prop_assert!(answer.len() <= CODES_MAX as usize);
            }
            let _ = read_question(&mut bytes.as_slice());
        }
    }
}
