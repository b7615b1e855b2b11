//! Pictures of a payer code as a till's camera gets them, for `just conformance-qr`: a phone with the code on its screen, 250
//! to 330 pixels wide in a VGA frame, spoilt in one of eight ways. `payer-frames CASES FRAMES SEED` writes for each way CASES
//! codes in FRAMES frames each; a frame is a line `WIDTH HEIGHT WAY CASE CONTENT` and its grey bytes. The same seed writes
//! the same bytes.

use std::io::{self, Write};

use qrcode::{Color, EcLevel, QrCode};

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
const WAYS: [&str; 8] = ["blur", "low-light", "perspective", "glare", "moire", "motion", "rotated", "small"];
/// Modules of a payer code, and those of the quiet zone around it.
const MODULES: usize = 41;
const QUIET: f32 = 4.0;
/// Samples a pixel and axis.
const SAMPLES: usize = 3;

fn main() -> io::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let &[cases, frames, seed] = &numbers[..] else {
        eprintln!("usage: payer-frames CASES FRAMES SEED");
        std::process::exit(64);
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (at, way) in WAYS.iter().enumerate() {
        for case in 0..cases {
            let mut random = Random(seed ^ ((at as u64) << 32) ^ (case << 8));
            let digits: String = (0..237).map(|_| char::from(b'0' + (random.next() % 10) as u8)).collect();
            let code = Code::new(&digits);
            let spoilt = Spoilt::new(way, &mut random);
            for _ in 0..frames {
                let frame = spoilt.frame(&code, &mut random);
                writeln!(out, "{WIDTH} {HEIGHT} {way} {case} {digits}")?;
                out.write_all(&frame)?;
            }
        }
    }
    out.flush()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn between(&mut self, least: f32, most: f32) -> f32 {
        least + (most - least) * (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// About normal, with deviation 1.
    fn normal(&mut self) -> f32 {
        (0..6).map(|_| self.between(-1.0, 1.0)).sum::<f32>() / 2_f32.sqrt()
    }
}

struct Code {
    dark: Vec<bool>,
}

impl Code {
    fn new(digits: &str) -> Self {
        let code = QrCode::with_error_correction_level(digits, EcLevel::M).expect("237 digits fit version 6");
        assert_eq!(code.width(), MODULES);
        Self { dark: code.to_colors().into_iter().map(|color| color == Color::Dark).collect() }
    }

    /// Brightness of the scene at a point given in modules: code, screen, phone, counter.
    fn brightness(&self, x: f32, y: f32) -> f32 {
        let side = MODULES as f32;
        if (0.0..side).contains(&x) && (0.0..side).contains(&y) {
            return if self.dark[y as usize * MODULES + x as usize] { 38.0 } else { 205.0 };
        }
        let within = |edge: f32, tall: f32| x > -edge && x < side + edge && y > -tall && y < side + tall;
        if within(QUIET, 16.0) {
            205.0
        } else if within(QUIET + 2.0, 20.0) {
            22.0
        } else {
            95.0 + 12.0 * (x * 0.35).sin() * (y * 0.21).cos()
        }
    }
}

/// How the frames of one case are spoilt.
struct Spoilt {
    way: &'static str,
    strength: f32,
    /// Width of the code in pixels.
    width_px: f32,
}

/// Pixels to modules.
struct View([f32; 8]);

impl View {
    fn modules(&self, x: f32, y: f32) -> (f32, f32) {
        let m = &self.0;
        let depth = m[6] * x + m[7] * y + 1.0;
        ((m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth)
    }
}

impl Spoilt {
    fn new(way: &'static str, random: &mut Random) -> Self {
        let width_px =
            if way == "small" { random.between(95.0, 150.0) } else { random.between(250.0, 330.0) };
        Self { way, strength: random.between(0.0, 1.0), width_px }
    }

    fn view(&self, random: &mut Random) -> View {
        let turn = match self.way {
            "rotated" => random.between(0.0, std::f32::consts::TAU),
            _ => random.between(-0.12, 0.12),
        };
        let (tilt_x, tilt_y) = match self.way {
            "perspective" => {
                let tilt = 0.4 + 0.9 * self.strength;
                let side = random.between(0.0, std::f32::consts::TAU);
                (tilt * side.cos(), tilt * side.sin())
            }
            _ => (random.between(-0.1, 0.1), random.between(-0.1, 0.1)),
        };
        let centre = (
            WIDTH as f32 / 2.0 + random.between(-40.0, 40.0),
            HEIGHT as f32 / 2.0 + random.between(-25.0, 25.0),
        );
        let scale = MODULES as f32 / self.width_px;
        let (sin, cos) = turn.sin_cos();
        // Tilting shortens one direction and lets the far side shrink.
        let (short_x, short_y) = (1.0 / (1.0 - 0.45 * tilt_x.abs()), 1.0 / (1.0 - 0.45 * tilt_y.abs()));
        let rows =
            [[cos * scale * short_x, sin * scale * short_x], [-sin * scale * short_y, cos * scale * short_y]];
        let (fade_x, fade_y) = (tilt_x * 0.0016, tilt_y * 0.0016);
        let middle = MODULES as f32 / 2.0;
        // ((x − c) · row + middle · depth) / depth, with depth 1 at the centre.
        let shift = 1.0 - fade_x * centre.0 - fade_y * centre.1;
        let row = |row: [f32; 2]| {
            [
                (row[0] + middle * fade_x) / shift,
                (row[1] + middle * fade_y) / shift,
                (middle * shift - row[0] * centre.0 - row[1] * centre.1) / shift,
            ]
        };
        let (a, b) = (row(rows[0]), row(rows[1]));
        View([a[0], a[1], a[2], b[0], b[1], b[2], fade_x / shift, fade_y / shift])
    }

    fn frame(&self, code: &Code, random: &mut Random) -> Vec<u8> {
        let view = self.view(random);
        let mut light = vec![0.0; WIDTH * HEIGHT];
        for (at, light) in light.iter_mut().enumerate() {
            let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as f32);
            for sample in 0..SAMPLES * SAMPLES {
                let step = |at: usize| (at as f32 + 0.5) / SAMPLES as f32;
                let (u, v) = view.modules(x + step(sample % SAMPLES), y + step(sample / SAMPLES));
                *light += code.brightness(u, v) / (SAMPLES * SAMPLES) as f32;
            }
        }
        self.spoil(&mut light, random);
        // The lens and the sensor of any camera.
        let soft = gaussian(&light, 0.6);
        let grain = if self.way == "low-light" { 3.0 + 3.5 * self.strength } else { 2.0 };
        soft.iter().map(|light| (light + grain * random.normal()).clamp(0.0, 255.0) as u8).collect()
    }

    fn spoil(&self, light: &mut Vec<f32>, random: &mut Random) {
        match self.way {
            "blur" => *light = gaussian(light, 2.2 + 2.6 * self.strength),
            "motion" => {
                let angle = random.between(0.0, std::f32::consts::TAU);
                *light = smeared(light, angle, 6.0 + 9.0 * self.strength);
            }
            "low-light" => {
                let share = 0.13 - 0.09 * self.strength;
                light.iter_mut().for_each(|light| *light = 6.0 + *light * share);
            }
            "glare" => {
                let (x, y) = (random.between(220.0, 420.0), random.between(150.0, 330.0));
                let (reach, power) = (30.0 + 45.0 * self.strength, 150.0 + 250.0 * self.strength);
                for (at, light) in light.iter_mut().enumerate() {
                    let distance = ((at % WIDTH) as f32 - x).hypot((at / WIDTH) as f32 - y);
                    *light = (*light + power * (-(distance / reach).powi(2)).exp()).min(255.0);
                }
            }
            "moire" => {
                let (wave, angle) = (random.between(2.3, 5.5), random.between(0.0, 0.5));
                let depth = 0.35 + 0.5 * self.strength;
                for (at, light) in light.iter_mut().enumerate() {
                    let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as f32);
                    let along = (x * angle.cos() + y * angle.sin()) * std::f32::consts::TAU / wave;
                    let across = (y * angle.cos() - x * angle.sin()) * std::f32::consts::TAU / wave;
                    *light *= 1.0 - depth * (0.5 + 0.25 * along.sin() + 0.25 * across.sin());
                }
            }
            _ => {}
        }
    }
}

fn gaussian(light: &[f32], sigma: f32) -> Vec<f32> {
    let reach = (3.0 * sigma).ceil() as isize;
    let kernel: Vec<f32> = (-reach..=reach).map(|at| (-(at as f32 / sigma).powi(2) / 2.0).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    let pass = |from: &[f32], step: (isize, isize)| -> Vec<f32> {
        let mut out = vec![0.0; from.len()];
        for (at, out) in out.iter_mut().enumerate() {
            let (x, y) = ((at % WIDTH) as isize, (at / WIDTH) as isize);
            for (weight, offset) in kernel.iter().zip(-reach..=reach) {
                let x = (x + offset * step.0).clamp(0, WIDTH as isize - 1) as usize;
                let y = (y + offset * step.1).clamp(0, HEIGHT as isize - 1) as usize;
                *out += weight / sum * from[y * WIDTH + x];
            }
        }
        out
    };
    pass(&pass(light, (1, 0)), (0, 1))
}

/// Moved by `length` pixels while the shutter was open.
fn smeared(light: &[f32], angle: f32, length: f32) -> Vec<f32> {
    let steps = (2.0 * length) as usize + 1;
    let mut out = vec![0.0; light.len()];
    for (at, out) in out.iter_mut().enumerate() {
        for step in 0..steps {
            let along = (step as f32 / (steps - 1) as f32 - 0.5) * length;
            let x = ((at % WIDTH) as f32 + along * angle.cos()).round().clamp(0.0, WIDTH as f32 - 1.0);
            let y = ((at / WIDTH) as f32 + along * angle.sin()).round().clamp(0.0, HEIGHT as f32 - 1.0);
            *out += light[y as usize * WIDTH + x as usize] / steps as f32;
        }
    }
    out
}
