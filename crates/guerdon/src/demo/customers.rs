//! People who don't exist.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

/// The body of one made-up customer.
pub(super) fn customer(number: usize, random: &mut StdRng) -> Value {
    const FIRST: [&str; 24] = [
        "Amelie", "Jonas", "Zofia", "Mateusz", "Olivia", "Harry", "Camille", "Louis", "Greta", "Emil", "Hanna",
        "Jakub", "Isla", "George", "Chloé", "Hugo", "Mila", "Ben", "Maja", "Antoni", "Freya", "Arthur", "Inès", "Noah",
    ];
    const LAST: [&str; 24] = [
        "Brandt",
        "Kowalska",
        "Whitaker",
        "Moreau",
        "Lindner",
        "Nowak",
        "Ashworth",
        "Lefèvre",
        "Petersen",
        "Zieliński",
        "Holloway",
        "Garnier",
        "Vogel",
        "Wójcik",
        "Pembroke",
        "Renaud",
        "Krüger",
        "Mazur",
        "Sinclair",
        "Fontaine",
        "Albrecht",
        "Pawlak",
        "Thornton",
        "Chevalier",
    ];
    const PLACES: [(&str, &str, &str, &str, &str); 6] = [
        ("Hamburg", "Hamburg", "DE", "Hafenstraße", "20359"),
        ("Berlin", "Berlin", "DE", "Torstraße", "10119"),
        ("Gdańsk", "Pomorskie", "PL", "Długa", "80-827"),
        ("Kraków", "Małopolskie", "PL", "Floriańska", "31-019"),
        ("Bristol", "England", "GB", "Harbour Street", "BS1 5TX"),
        ("Nantes", "Pays de la Loire", "FR", "Rue Crébillon", "44000"),
    ];
    let pick = |list: &[&'static str], random: &mut StdRng| *list.choose(random).unwrap_or(&"");
    let (first, last) = (pick(&FIRST, random), pick(&LAST, random));
    let (city, state, country, street, postal_code) = PLACES[random.random_range(0..PLACES.len())];
    let handle = format!("{first}.{last}").to_lowercase();
    let mut customer = json!({
        "source_id": source_id(number),
        "name": format!("{first} {last}"),
        "email": format!("{}{}@example.com", ascii(&handle), number),
        "address": {
            "city": city,
            "state": state,
            "line_1": format!("{street} {}", random.random_range(1..120)),
            "country": country,
            "postal_code": postal_code,
        },
        "metadata": {
            "newsletter": random.random_bool(0.6),
            "favourite_roast": pick(&["light", "medium", "dark"], random),
            "acquisition_channel": pick(&["café", "web", "friend", "fair"], random),
            "visits_per_month": random.random_range(0..14),
        },
    });
    if random.random_bool(0.7) {
        let (year, month, day) =
            (random.random_range(1955..2007), random.random_range(1..13), random.random_range(1..29));
        customer["birthdate"] = format!("{year}-{month:02}-{day:02}").into();
    }
    if random.random_bool(0.4) {
        customer["phone"] = format!("+49 40 {:07}", random.random_range(1_000_000..9_999_999)).into();
    }
    if number % 40 == 7 {
        customer["description"] = "Asks for oat milk, and for the beans of the month to be set aside".into();
    }
    customer
}

/// The shop's number of a customer.
pub(super) fn source_id(number: usize) -> String {
    format!("shop-{:05}", 10_000 + number)
}

/// The nearest ASCII spelling, as in an e-mail address.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'é' | 'è' | 'ê' => 'e',
            'ü' => 'u',
            'ö' | 'ó' => 'o',
            'ä' => 'a',
            'ń' => 'n',
            'ł' => 'l',
            'ś' => 's',
            other => other,
        })
        .collect()
}
