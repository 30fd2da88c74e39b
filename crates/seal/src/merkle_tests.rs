use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::*;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|at| format!("entry {at}").into_bytes())
        .collect()
}

fn oracle(entries: &[Vec<u8>]) -> Oracle {
    let mut tree = Oracle::new();
    for entry in entries {
        tree.push(entry.clone());
    }
    tree
}

fn leaves(entries: &[Vec<u8>]) -> Vec<Hash> {
    entries.iter().map(|entry| leaf_hash(entry)).collect()
}

fn long(n: usize) -> u64 {
    u64::try_from(n).unwrap()
}

#[test]
fn an_empty_log_has_the_root_that_the_standard_gives() {
    // RFC 6962 section 2.1: the SHA-256 of nothing.
    let start = [0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14];
    assert!(root(&[]).starts_with(&start));
    assert_eq!(Frontier::new().root(), root(&[]));
}

#[test]
fn roots_agree_with_the_oracle_at_every_size() {
    let mut frontier = Frontier::new();
    for size in 1..=64 {
        let entries = entries(size);
        let leaves = leaves(&entries);
        frontier.push(leaves[size - 1]);
        let expected: Hash = (*oracle(&entries).root().as_bytes()).into();
        assert_eq!(root(&leaves), expected, "{size} leaves");
        assert_eq!(frontier.root(), expected, "{size} leaves, frontier");
        assert_eq!(frontier.size(), long(size));
    }
}

#[test]
fn every_inclusion_proof_agrees_with_the_oracle_and_holds_nowhere_else() {
    for size in 1..=64 {
        let entries = entries(size);
        let (leaves, tree) = (leaves(&entries), oracle(&entries));
        let root = root(&leaves);
        for index in 0..size {
            let path = inclusion_proof(&leaves, index).unwrap();
            assert_eq!(
                path.concat(),
                tree.prove_inclusion(index).as_bytes(),
                "{index} of {size}"
            );
            for claimed in 0..size + 2 {
                let holds =
                    inclusion_verify(&leaves[index], long(claimed), long(size), &path, &root);
                assert_eq!(
                    holds,
                    claimed == index,
                    "{index} of {size} claimed at {claimed}"
                );
            }
        }
        assert_eq!(inclusion_proof(&leaves, size), None);
    }
}

#[test]
fn every_consistency_proof_agrees_with_the_oracle_and_serves_no_other_history() {
    for size in 1..=64 {
        let entries = entries(size);
        let (leaves, tree) = (leaves(&entries), oracle(&entries));
        let new_root = root(&leaves);
        for old in 1..=size {
            let path = consistency_proof(&leaves, old).unwrap();
            assert_eq!(
                path.concat(),
                tree.prove_consistency(size - old).as_bytes(),
                "{old} of {size}"
            );
            let old_root = root(&leaves[..old]);
            assert!(
                consistency_verify(long(old), &old_root, long(size), &new_root, &path),
                "{old} of {size}"
            );
            let rewritten = [&leaves[..old - 1], &[leaf_hash(b"rewritten")]].concat();
            assert!(
                !consistency_verify(long(old), &root(&rewritten), long(size), &new_root, &path),
                "{old} of {size}"
            );
            assert!(
                !consistency_verify(long(old), &old_root, long(size), &leaf_hash(b"cut"), &path),
                "{old} of {size}"
            );
        }
        assert_eq!(consistency_proof(&leaves, 0), None);
        assert_eq!(consistency_proof(&leaves, size + 1), None);
        assert!(!consistency_verify(
            0,
            &root(&[]),
            long(size),
            &new_root,
            &[]
        ));
        assert!(!consistency_verify(
            long(size + 1),
            &new_root,
            long(size),
            &new_root,
            &[]
        ));
    }
}

#[test]
fn a_leaf_is_not_taken_for_a_node() {
    let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
    assert_ne!(leaf_hash(&[a, b].concat()), node_hash(&a, &b));
}

#[test]
fn a_frontier_is_stored_and_goes_on_from_there() {
    let leaves = leaves(&entries(65));
    let mut frontier = Frontier::new();
    for (at, leaf) in leaves.iter().enumerate() {
        let stored = frontier.to_bytes();
        frontier = Frontier::from_bytes(&stored).unwrap();
        assert_eq!(frontier.to_bytes(), stored);
        frontier.push(*leaf);
        assert_eq!(frontier.root(), root(&leaves[..=at]));
    }
}

#[test]
fn a_stored_frontier_of_the_wrong_length_is_refused() {
    let mut frontier = Frontier::new();
    for leaf in leaves(&entries(13)) {
        frontier.push(leaf);
    }
    let stored = frontier.to_bytes();
    for length in 0..stored.len() {
        assert!(
            Frontier::from_bytes(&stored[..length]).is_err(),
            "{length} bytes"
        );
    }
    assert!(Frontier::from_bytes(&[stored.as_slice(), &[0; 32]].concat()).is_err());
    let mut other_size = stored;
    other_size[7] = 15;
    assert!(Frontier::from_bytes(&other_size).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_log_agrees_with_the_oracle(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..120), a: prop::sample::Index, b: prop::sample::Index,
    ) {
        let (leaves, tree) = (leaves(&entries), oracle(&entries));
        let root_here: Hash = (*tree.root().as_bytes()).into();
        prop_assert_eq!(root(&leaves), root_here);
        let index = a.index(entries.len());
        let path = inclusion_proof(&leaves, index).unwrap();
        let inclusion = tree.prove_inclusion(index);
        prop_assert_eq!(path.concat(), inclusion.as_bytes());
        let old = b.index(entries.len()) + 1;
        let consistency = tree.prove_consistency(entries.len() - old);
        prop_assert_eq!(consistency_proof(&leaves, old).unwrap().concat(), consistency.as_bytes());
    }

    #[test]
    fn a_changed_proof_does_not_hold(
        size in 2_usize..100, a: prop::sample::Index, at: prop::sample::Index, byte in 0_usize..32, bit in 0_u8..8,
    ) {
        let leaves = leaves(&entries(size));
        let (index, size_long, whole) = (a.index(size), long(size), root(&leaves));
        let mut path = inclusion_proof(&leaves, index).unwrap();
        let step = at.index(path.len());
        path[step][byte] ^= 1 << bit;
        prop_assert!(!inclusion_verify(&leaves[index], long(index), size_long, &path, &whole));
        path[step][byte] ^= 1 << bit;
        prop_assert!(inclusion_verify(&leaves[index], long(index), size_long, &path, &whole));
        path.push(whole);
        prop_assert!(!inclusion_verify(&leaves[index], long(index), size_long, &path, &whole));

        let old = index.max(1);
        let old_root = root(&leaves[..old]);
        let mut path = consistency_proof(&leaves, old).unwrap();
        if !path.is_empty() {
            let step = at.index(path.len());
            path[step][byte] ^= 1 << bit;
            prop_assert!(!consistency_verify(long(old), &old_root, size_long, &whole, &path));
            path.remove(step);
            prop_assert!(!consistency_verify(long(old), &old_root, size_long, &whole, &path));
        }
    }
}
