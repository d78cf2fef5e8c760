//! Access control conditions: built, written, read again.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use lit_types::access_control::{
    AbiParameter, AccessControlConditions, AccessControlError, AnySolRpcCondition, BooleanOperator,
    Comparator, ConditionExpression, ConditionsKind, CosmosCondition, EvmBasicCondition,
    EvmContractCondition, FunctionAbi, KeyedReturnValueTest, MAX_CONDITIONS, ReturnValueTest,
    SolPda, SolRpcCondition, UnifiedCondition,
};
use proptest::{collection::vec, prelude::*, sample::select};

fn basic(json: &str) -> Result<AccessControlConditions, AccessControlError> {
    AccessControlConditions::from_json(ConditionsKind::EvmBasic, json)
}

fn unified(json: &str) -> Result<AccessControlConditions, AccessControlError> {
    AccessControlConditions::from_json(ConditionsKind::Unified, json)
}

fn whole() -> KeyedReturnValueTest {
    KeyedReturnValueTest::new(Comparator::GreaterOrEqual, "1")
}

const WALLET: &str = r#"{"contractAddress":"","chain":"ethereum","standardContractType":"","method":"",
    "parameters":[":userAddress"],"returnValueTest":{"comparator":"=","value":"0x01"}}"#;

#[test]
fn structure_errors_say_where() {
    let operator = r#"{"operator":"and"}"#;
    for (items, at) in [
        (vec![operator, WALLET], 0),
        (vec![WALLET, operator], 1),
        (vec![WALLET, WALLET], 1),
        (vec![WALLET, operator, operator, WALLET], 2),
        (vec![WALLET, operator, WALLET, WALLET], 3),
    ] {
        let list = format!("[{}]", items.join(","));
        let error = AccessControlError::Structure { item: at };
        assert_eq!(basic(&list), Err(error.clone()), "{list}");
        assert_eq!(basic(&format!("[{list}]")), Err(error), "in a group");
    }
    for empty in ["[]", "[[]]"] {
        assert_eq!(basic(empty), Err(AccessControlError::Empty));
    }
    assert_eq!(
        basic(&format!(r#"[{WALLET},{{"operator":"AND"}},{WALLET}]"#)),
        Err(AccessControlError::Operator("AND".to_owned()))
    );
}

/// Nodes hash the list as it was sent, without operators.
#[test]
fn basic_conditions_without_operators_are_joined_with_and() {
    let wallet = serde_json::from_str::<serde_json::Value>(WALLET)
        .unwrap()
        .to_string();
    let sent = |kind, list: &str| AccessControlConditions::from_canonical_json(kind, list);
    let list = format!("[{wallet},[{wallet}],{wallet}]");
    let read = sent(ConditionsKind::EvmBasic, &list).unwrap();
    assert_eq!(read.count(), 3);
    let AccessControlConditions::EvmBasic(expression) = &read else {
        unreachable!()
    };
    let operators: Vec<_> = expression.rest().iter().map(|(one, _)| *one).collect();
    assert_eq!(operators, [BooleanOperator::And; 2]);
    assert!(!read.canonical().as_str().contains("operator"));

    // Not in groups, not where there is an operator, and not for other kinds.
    let structure = |item| Err(AccessControlError::Structure { item });
    let grouped = format!("[[{wallet},{wallet}]]");
    assert_eq!(sent(ConditionsKind::EvmBasic, &grouped), structure(1));
    let partly = format!(r#"[{wallet},[{wallet},{{"operator":"or"}},{wallet}]]"#);
    assert_eq!(sent(ConditionsKind::EvmBasic, &partly), structure(1));
    let two = format!("[{wallet},{wallet}]");
    assert_eq!(sent(ConditionsKind::Unified, &two), structure(1));
}

#[test]
fn every_member_that_nodes_need_is_needed() {
    let conditions = [
        UnifiedCondition::from(EvmBasicCondition::wallet_is("ethereum", "0x01")),
        contract().into(),
        derived_account().into(),
    ];
    for condition in conditions {
        let whole = serde_json::to_value(&condition).unwrap();
        assert!(unified(&format!("[{whole}]")).is_ok());
        for member in whole.as_object().unwrap().keys() {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(member);
            let error = unified(&format!("[{part}]")).unwrap_err();
            match member.as_str() {
                "conditionType" => {
                    assert_eq!(error, AccessControlError::ConditionType { found: None });
                }
                "returnValueTest" => assert_eq!(error, AccessControlError::NotACondition),
                name => assert!(
                    matches!(error, AccessControlError::Missing { member, .. } if member == name),
                    "{error}"
                ),
            }
            // Clients hash `null`, and nodes do not read it.
            part[member] = serde_json::Value::Null;
            assert!(matches!(
                unified(&format!("[{part}]")),
                Err(AccessControlError::Json(_))
            ));
        }
    }
}

#[test]
fn the_check_finds_what_nodes_do_not_hash_alike() {
    let differs = |condition: UnifiedCondition| {
        let conditions = AccessControlConditions::Unified(ConditionExpression::new(condition));
        matches!(
            conditions.check(),
            Err(AccessControlError::HashedDifferently(_))
        )
    };
    assert!(!differs(contract().into()));
    assert!(!differs(derived_account().into()));
    let cosmos = CosmosCondition::new("cosmos", "/cosmos/bank", whole());
    assert!(!differs(cosmos.clone().into()));
    for (method, parameters) in [(None, Some(Vec::new())), (Some(String::new()), None)] {
        let partial = CosmosCondition {
            method,
            parameters,
            ..cosmos.clone()
        };
        assert!(differs(partial.into()));
    }
    let mut tuple = contract();
    tuple.function_abi.outputs = vec![AbiParameter::new("", "tuple[]")];
    assert!(differs(tuple.into()));
    let mut fields = derived_account();
    fields.pda.fields.push(("b".to_owned(), 8));
    assert!(differs(fields.into()));
}

#[test]
fn nodes_take_thirty_conditions() {
    let wallet = || EvmBasicCondition::wallet_is("ethereum", "0x01");
    let several = |count| {
        (1..count).fold(ConditionExpression::new(wallet()), |list, i| {
            if i % 2 == 0 {
                list.and(wallet())
            } else {
                ConditionExpression::new(list).or(wallet())
            }
        })
    };
    let most = AccessControlConditions::EvmBasic(several(MAX_CONDITIONS));
    assert_eq!(most.count(), MAX_CONDITIONS);
    assert_eq!(most.check(), Ok(()));
    let more = AccessControlConditions::EvmBasic(several(MAX_CONDITIONS + 1));
    assert_eq!(
        more.check(),
        Err(AccessControlError::TooMany(MAX_CONDITIONS + 1))
    );
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}{WALLET}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(basic(&deep), Err(AccessControlError::Json(_))));
}

fn contract() -> EvmContractCondition {
    let abi = FunctionAbi::view(
        "balanceOf",
        &[("account", "address"), ("id", "uint256")],
        &[("", "uint256")],
    );
    EvmContractCondition::new("polygon", "0x71", abi, whole()).with_params([":userAddress", "8"])
}

fn derived_account() -> SolRpcCondition {
    SolRpcCondition::new("solana", "getAccountInfo", ["getPDA()"], whole()).with_pda(SolPda {
        params: vec!["program".to_owned(), "seed".to_owned()],
        offset: 8,
        fields: vec![("counter".to_owned(), 8)],
        key: "counter".to_owned(),
    })
}

fn condition() -> impl Strategy<Value = UnifiedCondition> {
    let text = || any::<String>();
    let texts = || vec(any::<String>(), 0..3);
    let comparator = || select(&Comparator::ALL[..]);
    let test = move || {
        (comparator(), text(), text()).prop_map(|(comparator, value, key)| {
            KeyedReturnValueTest::new(comparator, value).with_key(key)
        })
    };
    let evm_basic = (
        text(),
        text(),
        text(),
        text(),
        texts(),
        comparator(),
        text(),
    )
        .prop_map(
            |(chain, address, standard, method, parameters, comparator, value)| {
                EvmBasicCondition::new(chain, ReturnValueTest::new(comparator, value))
                    .with_contract(address, standard)
                    .with_method(method, parameters)
                    .into()
            },
        );
    let evm_contract = (text(), texts(), test()).prop_map(|(chain, params, test)| {
        let mut condition = contract().with_params(params);
        condition.return_value_test = test;
        condition.chain = chain;
        condition.into()
    });
    let fields = vec((text(), any::<u32>()), 0..2);
    let sol_rpc = (text(), texts(), fields, test()).prop_map(|(key, params, fields, test)| {
        let fields = fields
            .into_iter()
            .map(|(name, size)| (name, size.into()))
            .collect();
        let pda = SolPda {
            params: params.clone(),
            offset: 1,
            fields,
            key,
        };
        SolRpcCondition::new("solana", "m", params, test)
            .with_pda(pda)
            .into()
    });
    let cosmos = (text(), text(), texts(), test()).prop_map(|(path, method, parameters, test)| {
        CosmosCondition::new("cosmos", path, test)
            .with_method(method, parameters)
            .into()
    });
    prop_oneof![evm_basic, evm_contract, sol_rpc, cosmos]
}

fn expression() -> impl Strategy<Value = ConditionExpression<UnifiedCondition>> {
    let leaf = condition().prop_map(ConditionExpression::new);
    leaf.prop_recursive(3, 12, 4, |inner| {
        (inner.clone(), vec((any::<bool>(), inner), 0..4)).prop_map(|(first, rest)| {
            let joined = |list: ConditionExpression<_>, (and, next)| {
                if and { list.and(next) } else { list.or(next) }
            };
            rest.into_iter()
                .fold(ConditionExpression::new(first), joined)
        })
    })
}

proptest! {
    /// What is hashed reads as what was meant, and is written the same way again.
    #[test]
    fn canonical_form_is_stable(expression in expression()) {
        let conditions = AccessControlConditions::Unified(expression);
        let canonical = conditions.canonical();
        let read = AccessControlConditions::from_canonical_json(ConditionsKind::Unified, canonical.as_str()).unwrap();
        prop_assert_eq!(&read.canonical(), &canonical);
        prop_assert_eq!(&read, &conditions);
        let stored = serde_json::to_string(&conditions).unwrap();
        prop_assert_eq!(serde_json::from_str::<AccessControlConditions>(&stored).unwrap(), conditions);
    }

    /// Neither the order of members nor unknown members matter.
    #[test]
    fn spelling_does_not_matter(condition in condition(), reverse in any::<bool>()) {
        let conditions = AccessControlConditions::Unified(ConditionExpression::new(condition.clone()));
        let value = serde_json::to_value(&condition).unwrap();
        let mut members: Vec<String> = value.as_object().unwrap().iter()
            .map(|(name, value)| format!("{name:?} : {value}")).collect();
        members.push(r#""note":[{"a":null}]"#.to_owned());
        if reverse {
            members.reverse();
        }
        let written = format!("[ {{{}}} ]", members.join(" , "));
        let read = unified(&written).unwrap();
        prop_assert_eq!(read.canonical(), conditions.canonical());
    }

    /// A unified list of one kind hashes as the list of that kind.
    #[test]
    fn unified_lists_hash_as_plain_ones(condition in condition()) {
        let unified = AccessControlConditions::Unified(ConditionExpression::new(condition.clone())).canonical();
        let plain = match condition {
            UnifiedCondition::EvmBasic(it) => AccessControlConditions::EvmBasic(ConditionExpression::new(it)),
            UnifiedCondition::EvmContract(it) => AccessControlConditions::EvmContract(ConditionExpression::new(it)),
            UnifiedCondition::SolRpc(it) => {
                AccessControlConditions::SolRpc(ConditionExpression::new(AnySolRpcCondition::from(it)))
            }
            UnifiedCondition::Cosmos(_) => return Ok(()),
        };
        prop_assert_eq!(plain.canonical(), unified);
    }

    /// Conditions are counted through groups, and stand in the order in which they were given.
    #[test]
    fn expressions_are_walked_in_order(operators in vec(any::<bool>(), 0..20)) {
        let leaf = |i: usize| EvmBasicCondition::wallet_is("ethereum", i.to_string());
        let expression = operators.iter().enumerate().fold(ConditionExpression::new(leaf(0)), |list, (i, group)| {
            if *group {
                list.or(ConditionExpression::new(leaf(i + 1)))
            } else {
                list.and(leaf(i + 1))
            }
        });
        let values: Vec<_> = expression.conditions().map(|it| it.return_value_test.value.clone()).collect();
        let expected: Vec<_> = (0..=operators.len()).map(|i| i.to_string()).collect();
        prop_assert_eq!(values, expected);
        for ((operator, _), group) in expression.rest().iter().zip(operators) {
            prop_assert_eq!(*operator, if group { BooleanOperator::Or } else { BooleanOperator::And });
        }
    }
}
