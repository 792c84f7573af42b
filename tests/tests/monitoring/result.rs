//! Computes the labels of an expression's result. Prometheus treats a missing label as empty and drops series that do
//! not match, both without an error, so this must be checked here.

use std::collections::BTreeSet;

use promql_parser::parser::value::ValueType;
use promql_parser::parser::{AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality};

use super::promql::{Labels, Use, has, newborn, selected};

type Metrics = BTreeSet<&'static str>;

/// The labels of the result, or an error. Collects the metrics that are read.
pub fn labels(expr: &Expr, metrics: &mut Metrics) -> Result<Labels, String> {
    match expr {
        Expr::VectorSelector(selector) => selected(selector, Use::AsItIs, metrics),
        Expr::MatrixSelector(range) => selected(&range.vs, Use::AsItIs, metrics),
        Expr::Paren(paren) => labels(&paren.expr, metrics),
        Expr::Unary(unary) => labels(&unary.expr, metrics),
        Expr::Aggregate(aggregate) => aggregated(aggregate, metrics),
        Expr::Binary(binary) => joined(binary, metrics),
        Expr::Call(call) => called(call, metrics),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Ok(Labels::new()),
        Expr::Subquery(_) | Expr::Extension(_) => Err(format!("this check does not know {expr}")),
    }
}

fn aggregated(aggregate: &AggregateExpr, metrics: &mut Metrics) -> Result<Labels, String> {
    let inner = labels(&aggregate.expr, metrics)?;
    let Some(modifier) = &aggregate.modifier else { return Ok(Labels::new()) };
    let named = modifier.labels().labels.clone();
    has(&inner, &named)?;
    Ok(match modifier {
        LabelModifier::Include(_) => named.into_iter().collect(),
        LabelModifier::Exclude(_) => inner.into_iter().filter(|label| !named.contains(label)).collect(),
    })
}

fn called(call: &Call, metrics: &mut Metrics) -> Result<Labels, String> {
    let unknown = || format!("this check does not know {}", call.func.name);
    let argument = call.args.last().ok_or_else(unknown)?;
    match (call.func.name, &*argument) {
        ("rate" | "increase", Expr::MatrixSelector(range)) => selected(&range.vs, Use::Counted, metrics),
        ("min_over_time" | "max_over_time", argument) => labels(argument, metrics),
        ("absent", argument) => labels(argument, metrics).map(|_| Labels::new()),
        ("histogram_quantile", argument) => {
            let mut labels = labels(argument, metrics)?;
            has(&labels, [&"le".to_owned()])?;
            labels.remove("le");
            Ok(labels)
        }
        _ => Err(unknown()),
    }
}

fn joined(binary: &BinaryExpr, metrics: &mut Metrics) -> Result<Labels, String> {
    if let Some(counter) = newborn(binary) {
        return selected(counter, Use::Counted, metrics);
    }
    let (left, right) = (labels(&binary.lhs, metrics)?, labels(&binary.rhs, metrics)?);
    if [&binary.lhs, &binary.rhs].iter().any(|side| side.value_type() == ValueType::Scalar) {
        return Ok(left.union(&right).cloned().collect());
    }
    let matching = binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
    let (of_left, of_right) = (key(&left, matching)?, key(&right, matching)?);
    if of_left != of_right {
        return Err(format!("series by {of_left:?} and by {of_right:?} never match"));
    }
    Ok(match binary.modifier.as_ref().map(|modifier| &modifier.card) {
        Some(VectorMatchCardinality::ManyToOne(_) | VectorMatchCardinality::ManyToMany) => left,
        Some(VectorMatchCardinality::OneToMany(_)) => right,
        Some(VectorMatchCardinality::OneToOne) | None => of_left,
    })
}

/// The labels by which the series of the two sides are matched.
fn key(labels: &Labels, matching: Option<&LabelModifier>) -> Result<Labels, String> {
    let named = matching.map(|matching| &matching.labels().labels);
    has(labels, named.into_iter().flatten())?;
    Ok(match matching {
        Some(LabelModifier::Include(on)) => on.labels.iter().cloned().collect(),
        Some(LabelModifier::Exclude(rest)) => {
            labels.iter().filter(|label| !rest.labels.contains(label)).cloned().collect()
        }
        None => labels.clone(),
    })
}
