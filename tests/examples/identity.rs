//! Writes recorded tasks of the explorations into a file, one a line, each with the steps of the runner's engine. The
//! page's tests compare the page with them. `identity FILE [HOW MANY]`

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

use swaparoo::engine::{Cache, Engine, Limits};
use swaparoo_tests::identity::{Line, records};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("name the file to write")?;
    let most = args.next().map_or(Ok(1_000), |most| most.parse())?;
    let engine = Engine::new(Limits::default(), Cache::off())?;
    let components = ["standard", "seed", "nova-34"].map(|name| engine.resolve(name).map(|policy| (name, policy)));
    let components = components.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (records, mut steps) = (records(most), 0);
    let mut out = BufWriter::new(File::create(&file)?);
    for recorded in &records {
        let component =
            components.iter().find(|(name, _)| *name == recorded.policy).ok_or("a policy is not built in")?;
        serde_json::to_writer(&mut out, &Line::of(recorded, &component.1))?;
        out.write_all(b"\n")?;
        steps += recorded.history.len() + 1;
    }
    out.flush()?;
    let ends: BTreeSet<_> = records.iter().map(|recorded| (recorded.policy, recorded.scene, &recorded.end)).collect();
    println!("{} tasks, {steps} steps, {} ends of scenes under a policy: {file}", records.len(), ends.len());
    Ok(())
}
