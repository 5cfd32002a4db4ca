//! The reference solver: tries what careless keys allow, from the ring alone.

use super::big::Big;

struct Entry<'a> {
    owner: &'a str,
    n: Big,
    e: Big,
    c: Big,
}

/// The passphrase that was sent to an owner. Without `able`, only cube roots and close primes.
pub(super) fn message(ring: &str, owner: &str, able: bool) -> Option<String> {
    let ring = entries(ring)?;
    let entry = ring.iter().find(|e| e.owner == owner)?;
    let found = cube_root(entry).or_else(|| close(entry));
    let found = if able {
        found
            .or_else(|| shared(entry, &ring))
            .or_else(|| broadcast(entry, &ring))
            .or_else(|| short_private(entry))
    } else {
        found
    };
    let text = found?;
    Some(text.split_once(": ").map_or(text.as_str(), |(_, phrase)| phrase).to_owned())
}

fn entries(ring: &str) -> Option<Vec<Entry<'_>>> {
    let mut out = Vec::new();
    for block in ring.split("\n\n").filter(|b| !b.trim().is_empty()) {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let number = |name: &str| Big::from_hex(field(name)?);
        out.push(Entry {
            owner: field("owner ")?,
            n: number("n ")?,
            e: number("e ")?,
            c: number("c ")?,
        });
    }
    Some(out)
}

/// A number as text, if it is one.
fn text(number: &Big) -> Option<String> {
    let text = String::from_utf8(number.to_bytes()).ok()?;
    let visible = |c: char| c.is_ascii_graphic() || c == ' ';
    (text.len() >= 8 && text.chars().all(visible)).then_some(text)
}

fn cube(n: &Big) -> Big {
    n.mul(n).mul(n)
}

/// The message itself, when its cube did not reach the modulus.
fn cube_root(entry: &Entry<'_>) -> Option<String> {
    let root = entry.c.root(3);
    if entry.e != Big::from(3) || cube(&root) != entry.c {
        return None;
    }
    text(&root)
}

/// Decrypts with one prime of the modulus.
fn with_prime(entry: &Entry<'_>, p: &Big) -> Option<String> {
    let one = Big::from(1);
    let (q, rest) = entry.n.div(p)?;
    if !rest.is_zero() || *p == one || q == one {
        return None;
    }
    let phi = p.sub(&one)?.mul(&q.sub(&one)?);
    text(&entry.c.pow_mod(&entry.e.inverse(&phi)?, &entry.n))
}

/// Fermat: a modulus of close primes is a square less a small square.
fn close(entry: &Entry<'_>) -> Option<String> {
    let one = Big::from(1);
    let mut a = entry.n.root(2);
    for _ in 0..2_000 {
        if let Some(square) = a.mul(&a).sub(&entry.n) {
            let b = square.root(2);
            if b.mul(&b) == square {
                return with_prime(entry, &a.sub(&b)?);
            }
        }
        a = a.add(&one);
    }
    None
}

fn shared(entry: &Entry<'_>, ring: &[Entry<'_>]) -> Option<String> {
    let others = ring.iter().filter(|other| other.n != entry.n);
    others.map(|other| entry.n.gcd(&other.n)).find_map(|p| with_prime(entry, &p))
}

/// Three moduli and one cube: the remainders together give the cube itself.
fn broadcast(entry: &Entry<'_>, ring: &[Entry<'_>]) -> Option<String> {
    let cubes: Vec<_> = ring.iter().filter(|e| e.e == Big::from(3)).collect();
    if entry.e != Big::from(3) || cubes.len() < 3 {
        return None;
    }
    let (mut x, mut product) = (Big::zero(), Big::from(1));
    for entry in cubes {
        // the next number that is x modulo the product and c modulo n
        let behind = entry.c.add(&entry.n).sub(&x.rem(&entry.n))?.rem(&entry.n);
        let step = behind.mul(&product.inverse(&entry.n)?).rem(&entry.n);
        x = x.add(&step.mul(&product));
        product = product.mul(&entry.n);
    }
    let root = x.root(3);
    (cube(&root) == x).then(|| text(&root))?
}

/// Wiener: the private exponent is the denominator of a convergent of e/n.
fn short_private(entry: &Entry<'_>) -> Option<String> {
    let (mut a, mut b) = (entry.e.clone(), entry.n.clone());
    let (mut before, mut now) = (Big::from(1), Big::zero());
    for _ in 0..200 {
        let (quotient, rest) = a.div(&b)?;
        (before, now) = (now.clone(), quotient.mul(&now).add(&before));
        if now.bits() > 70 {
            return None;
        }
        // 2 encrypted and decrypted shows the right exponent
        let two = Big::from(2);
        if now > two && two.pow_mod(&entry.e, &entry.n).pow_mod(&now, &entry.n) == two {
            return text(&entry.c.pow_mod(&now, &entry.n));
        }
        (a, b) = (b, rest);
    }
    None
}
