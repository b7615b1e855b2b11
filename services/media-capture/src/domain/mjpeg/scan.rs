//! Is a picture's entropy-coded data whole? A decoder fills up what is missing, so it cannot tell; counting the
//! codes can: every block must be there, and nothing after the last (ITU-T T.81 §F.2.2, baseline sequential).

const BLOCK: usize = 64;
const TABLES: usize = 4;
/// Codes up to this length are found by one look.
const QUICK: u32 = 8;

#[derive(Clone, Copy, Default)]
struct Component {
    id: u8,
    blocks: usize,
    dc: usize,
    ac: usize,
}

/// One Huffman table (§C): a quick one for short codes, and the limits of each length for the rest.
struct Huffman {
    quick: [(u8, u8); 1 << QUICK],
    max_code: [i32; 17],
    first_value: [i32; 17],
    values: Vec<u8>,
}

impl Huffman {
    fn new(counts: &[u8], values: &[u8]) -> Self {
        let mut table = Self {
            quick: [(0, 0); 1 << QUICK],
            max_code: [-1; 17],
            first_value: [0; 17],
            values: values.to_vec(),
        };
        let (mut code, mut at) = (0i32, 0i32);
        for length in 1..=16usize {
            let count = i32::from(counts[length - 1]);
            table.first_value[length] = at - code;
            for number in 0..count {
                let free = QUICK as usize;
                if length <= free {
                    let from = ((code + number) as usize) << (free - length);
                    let value = values.get((at + number) as usize).copied().unwrap_or(0);
                    for entry in table.quick.iter_mut().skip(from).take(1 << (free - length)) {
                        *entry = (length as u8, value);
                    }
                }
            }
            code += count;
            at += count;
            if count > 0 {
                table.max_code[length] = code - 1;
            }
            code <<= 1;
        }
        table
    }
}

/// Bits of one interval between markers.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 24 {
            let Some(&byte) = self.bytes.get(self.at) else { return };
            // A stuffed zero follows every 0xff of the data.
            self.at += if byte == 0xff { 2 } else { 1 };
            self.held |= u32::from(byte) << (24 - self.count);
            self.count += 8;
        }
    }

    fn skip(&mut self, bits: u32) -> Option<()> {
        self.fill();
        self.count = self.count.checked_sub(bits)?;
        self.held = self.held.checked_shl(bits).unwrap_or(0);
        Some(())
    }

    fn symbol(&mut self, table: &Huffman) -> Option<u8> {
        self.fill();
        let (length, value) = table.quick[(self.held >> (32 - QUICK)) as usize];
        if length > 0 {
            self.skip(length.into())?;
            return Some(value);
        }
        for length in QUICK as usize + 1..=16 {
            let code = (self.held >> (32 - length)) as i32;
            if code <= table.max_code[length] {
                self.skip(length as u32)?;
                return table.values.get((code + table.first_value[length]) as usize).copied();
            }
        }
        None
    }

    /// Nothing is left but the ones that fill the last byte.
    fn is_over(&mut self) -> bool {
        self.fill();
        let left = self.count.min(32);
        left < 8 && self.at >= self.bytes.len()
    }
}

/// True if every block of the picture is there and nothing more. `None`: not baseline, so it cannot be told.
pub fn is_whole(jpeg: &[u8]) -> Option<bool> {
    let mut dc: [Option<Huffman>; TABLES] = Default::default();
    let mut ac: [Option<Huffman>; TABLES] = Default::default();
    let (mut units, mut interval, mut components) = (0, 0usize, Vec::new());
    let mut at = 2;
    loop {
        let (marker, body) = segment(jpeg, at)?;
        at += 4 + body.len();
        match marker {
            0xc0 => (units, components) = frame(body)?,
            0xc1..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf => return None,
            0xc4 => tables(body, &mut dc, &mut ac)?,
            0xdd => interval = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?])),
            0xda => {
                choose(body, &mut components)?;
                break;
            }
            _ => {}
        }
    }
    let mut left = units;
    let mut rest = &jpeg[at..];
    while left > 0 {
        let end = end_of_interval(rest)?;
        let mut bits = Bits { bytes: &rest[..end], at: 0, held: 0, count: 0 };
        let due = if interval == 0 { left } else { interval.min(left) };
        for _ in 0..due {
            for component in &components {
                let tables = (dc[component.dc].as_ref()?, ac[component.ac].as_ref()?);
                if (0..component.blocks).any(|_| block(&mut bits, tables.0, tables.1).is_none()) {
                    return Some(false);
                }
            }
        }
        left -= due;
        if !bits.is_over() {
            return Some(false);
        }
        rest = &rest[end + 2..];
    }
    Some(true)
}

fn block(bits: &mut Bits<'_>, dc: &Huffman, ac: &Huffman) -> Option<()> {
    let size = bits.symbol(dc)?;
    bits.skip(u32::from(size).min(16))?;
    let mut at = 1;
    while at < BLOCK {
        let symbol = bits.symbol(ac)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (run, size) {
            (0, 0) => return Some(()),
            (15, 0) => at += 16,
            _ => {
                at += run + 1;
                bits.skip(size)?;
            }
        }
    }
    (at == BLOCK).then_some(())
}

fn segment(jpeg: &[u8], mut at: usize) -> Option<(u8, &[u8])> {
    while jpeg.get(at..at + 2)? == [0xff, 0xff] {
        at += 1;
    }
    if jpeg[at] != 0xff {
        return None;
    }
    let len = usize::from(u16::from_be_bytes([*jpeg.get(at + 2)?, *jpeg.get(at + 3)?]));
    Some((jpeg[at + 1], jpeg.get(at + 4..at + 2 + len.max(2))?))
}

/// How many units the picture has, and the blocks of each component in one.
fn frame(body: &[u8]) -> Option<(usize, Vec<Component>)> {
    let size = |at: usize| Some(usize::from(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?])));
    let (height, width, count) = (size(1)?, size(3)?, usize::from(*body.get(5)?));
    let sampling = |number: usize| {
        let both = *body.get(6 + number * 3 + 1)?;
        Some((usize::from(both >> 4), usize::from(both & 15)))
    };
    let all: Vec<(usize, usize)> = (0..count).map(sampling).collect::<Option<_>>()?;
    let (across, down) = all.iter().fold((1, 1), |most, one| (most.0.max(one.0), most.1.max(one.1)));
    let is_alone = count == 1;
    let units = if is_alone {
        width.div_ceil(8) * height.div_ceil(8)
    } else {
        width.div_ceil(8 * across) * height.div_ceil(8 * down)
    };
    let component = |(number, (h, v)): (usize, &(usize, usize))| {
        let blocks = if is_alone { 1 } else { h * v };
        Some(Component { id: *body.get(6 + number * 3)?, blocks, ..Component::default() })
    };
    Some((units, all.iter().enumerate().map(component).collect::<Option<_>>()?))
}

fn tables(
    mut body: &[u8],
    dc: &mut [Option<Huffman>; TABLES],
    ac: &mut [Option<Huffman>; TABLES],
) -> Option<()> {
    while !body.is_empty() {
        let (id, counts) = (*body.first()?, body.get(1..17)?);
        let total = counts.iter().map(|count| usize::from(*count)).sum::<usize>();
        let table = Huffman::new(counts, body.get(17..17 + total)?);
        let kind = if id >> 4 == 0 { &mut *dc } else { &mut *ac };
        *kind.get_mut(usize::from(id & 15))? = Some(table);
        body = &body[17 + total..];
    }
    Some(())
}

/// Which tables each component uses. A scan of some components only is not what cameras send.
fn choose(body: &[u8], components: &mut [Component]) -> Option<()> {
    if usize::from(*body.first()?) != components.len() {
        return None;
    }
    for (number, component) in components.iter_mut().enumerate() {
        let (id, tables) = (*body.get(1 + number * 2)?, *body.get(2 + number * 2)?);
        if id != component.id || tables >> 4 >= TABLES as u8 || tables & 15 >= TABLES as u8 {
            return None;
        }
        (component.dc, component.ac) = (usize::from(tables >> 4), usize::from(tables & 15));
    }
    Some(())
}

/// Where the next marker is that is no stuffed zero.
fn end_of_interval(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += data.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match *data.get(at + 1)? {
            0 => at += 2,
            _ => return Some(at),
        }
    }
}
