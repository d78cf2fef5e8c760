//! Evaluation of expressions, from left to right: both operators have the same precedence.

use std::{future::Future, pin::Pin};

use lit_types::access_control::{BooleanOperator, ConditionExpression, ConditionTerm};

use super::ConditionError;

/// Whether a condition is met, in time.
pub(super) type Outcome<'a> =
    Pin<Box<dyn Future<Output = Result<bool, ConditionError>> + Send + 'a>>;

/// Evaluates as many conditions as decide the expression: what follows `or` is not evaluated if it is met already, nor what follows
/// `and` if it is not.
///
/// If `or_forgives`, `or` is met by its right side although the left one failed.
pub(super) fn evaluate<'a, C: Sync>(
    expression: &'a ConditionExpression<C>,
    or_forgives: bool,
    is_met: &'a (dyn Fn(&'a C) -> Outcome<'a> + Sync),
) -> Outcome<'a> {
    let of_term = move |term: &'a ConditionTerm<C>| match term {
        ConditionTerm::Condition(condition) => is_met(condition),
        ConditionTerm::Group(group) => evaluate(group, or_forgives, is_met),
    };
    Box::pin(async move {
        let mut met = of_term(expression.first()).await;
        for (operator, term) in expression.rest() {
            met = match (operator, met) {
                (BooleanOperator::Or, Ok(true)) => Ok(true),
                (BooleanOperator::And, Ok(false)) => Ok(false),
                (_, Ok(_)) => of_term(term).await,
                (BooleanOperator::Or, Err(error)) if or_forgives => match of_term(term).await {
                    Ok(true) => Ok(true),
                    _ => Err(error),
                },
                (_, Err(error)) => return Err(error),
            };
        }
        met
    })
}
