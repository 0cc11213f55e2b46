//! Text embedding: what is pooled, prompted, cut, refused.

use amaas_core::model::{Dimension, Overflow, Port, Signature};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::{Dtype, EmbedOptions, Error, ErrorKind, Result, Route, Tensor};
use half::f16;
use ndarray::{Array2, array};

use super::support::{World, signature};

/// Ids in, vectors of `dimensions` out.
fn vectors(dtype: Dtype, dimensions: &[Dimension]) -> Signature {
    Signature {
        outputs: vec![Port::tensor("vectors", dtype, dimensions)],
        ..signature()
    }
}

/// Vectors of three numbers a token.
fn of_tokens() -> Signature {
    let named = Dimension::named;
    vectors(
        Dtype::Float32,
        &[named("batch"), named("tokens"), Dimension::Fixed(3)],
    )
}

/// The vector of the token `id`: `[id, 10 id, 1]`.
fn encode(inputs: &[(&str, &Tensor)]) -> Result<Vec<Tensor>> {
    let ids = inputs[0].1.view::<i64>()?;
    let numbers = ids
        .iter()
        .flat_map(|id| [*id as f32, 10.0 * *id as f32, 1.0]);
    let shape = [ids.shape()[0], ids.shape()[1], 3];
    Ok(vec![Tensor::from_vec(shape, numbers.collect())?])
}

fn encoder() -> FakeBackend {
    FakeBackend::new(of_tokens()).computing(encode)
}

/// Loads a package with this `[task]` table, tokenizer settings and end of manifest.
fn load(backend: &FakeBackend, task: &str, extra: &str, tail: &str) -> Result<Route> {
    let world = World::new();
    let task = format!("kind = \"text-embedding\"\n{task}");
    let package = world.package_of(&task, "1.0.0", extra, tail);
    world.service(backend).load(package.to_str().unwrap())
}

fn raw(task: &str, extra: &str) -> Route {
    load(&encoder(), &format!("normalize = false\n{task}"), extra, "").unwrap()
}

fn refused(error: &Error, kind: ErrorKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.remedy().is_some(), "{error}");
}

#[test]
fn padding_takes_no_part_in_pooling_on_either_side() {
    for (pooling, long, short) in [("mean", 2.0, 4.0), ("cls", 1.0, 4.0), ("last", 3.0, 4.0)] {
        for side in ["left", "right"] {
            let task = format!("pooling = \"{pooling}\"");
            let extra = format!("pad_id = 7\npadding_side = \"{side}\"");
            let found = raw(&task, &extra).embed(&["a b c", "d"]).unwrap();
            let expected = array![[long, 10.0 * long, 1.0], [short, 10.0 * short, 1.0]];
            assert_eq!(found, expected, "{pooling} {side}");
        }
    }
}

#[test]
fn vectors_have_length_one_unless_told() {
    let route = load(&encoder(), "", "", "").unwrap();
    let vectors = route.embed(&["a b", "e"]).unwrap();
    for row in vectors.outer_iter() {
        assert!((row.dot(&row) - 1.0).abs() < 1e-6);
    }
    let options = EmbedOptions {
        normalize: Some(false),
        ..EmbedOptions::default()
    };
    let vectors = route.embed_with(&["a"], &options).unwrap().vectors;
    assert_eq!(vectors, array![[1.0, 10.0, 1.0]]);
}

#[test]
fn a_graph_that_pools_is_taken_at_its_word() {
    let pooled = vectors(Dtype::Float32, &[Dimension::Any, Dimension::Fixed(2)]);
    let backend = FakeBackend::new(pooled).computing(|inputs| {
        let rows = inputs[0].1.shape()[0];
        Ok(vec![Tensor::from_vec(
            [rows, 2],
            [3.0_f32, 4.0].repeat(rows),
        )?])
    });
    let route = load(&backend, "pooling = \"none\"", "", "").unwrap();
    assert_eq!(
        route.embed(&["a", ""]).unwrap(),
        array![[0.6, 0.8], [0.6, 0.8]]
    );
}

#[test]
fn half_precision_is_read_as_it_is() {
    let half = vectors(
        Dtype::Float16,
        &[Dimension::Any, Dimension::Any, Dimension::Any],
    );
    let backend = FakeBackend::new(half).computing(|inputs| {
        let ids = inputs[0].1.view::<i64>()?;
        let numbers = ids.iter().map(|id| f16::from_f32(*id as f32)).collect();
        let shape = [ids.shape()[0], ids.shape()[1], 1];
        Ok(vec![Tensor::from_vec(shape, numbers)?])
    });
    let route = load(&backend, "normalize = false", "", "").unwrap();
    assert_eq!(route.embed(&["a b", "e"]).unwrap(), array![[1.5], [5.0]]);
}

#[test]
fn vectors_come_in_the_order_of_the_texts() {
    let backend = encoder();
    let route = load(
        &backend,
        "normalize = false",
        "",
        "[batching]\nmax_rows = 3",
    )
    .unwrap();
    let texts: Vec<_> = (0..200)
        .map(|n| ["e", "a b", "c c c", "a", ""][n % 5])
        .collect();
    let vectors = route.embed(&texts).unwrap();
    for (place, row) in vectors.outer_iter().enumerate() {
        assert_eq!(row[0], [5.0, 1.5, 3.0, 1.0, 0.0][place % 5], "text {place}");
    }
    assert_eq!(backend.counts().runs, 67);
}

#[test]
fn a_text_without_a_token_is_the_vector_zero() {
    let route = load(&encoder(), "", "pad_id = 7", "").unwrap();
    assert_eq!(route.embed(&[""]).unwrap(), Array2::<f32>::zeros((1, 3)));
}

#[test]
fn no_text_is_no_vector_and_no_run() {
    let backend = encoder();
    let route = load(&backend, "", "", "").unwrap();
    assert_eq!(route.embed::<&str>(&[]).unwrap().dim(), (0, 3));
    let options = EmbedOptions {
        dimensions: Some(2),
        ..EmbedOptions::default()
    };
    assert_eq!(
        route
            .embed_with::<&str>(&[], &options)
            .unwrap()
            .vectors
            .dim(),
        (0, 2)
    );
    assert_eq!(backend.counts().runs, 0);
    let any = [Dimension::Any, Dimension::Any, Dimension::Any];
    let unknown = FakeBackend::new(vectors(Dtype::Float32, &any));
    let route = load(&unknown, "", "", "").unwrap();
    assert_eq!(route.embed::<&str>(&[]).unwrap().dim(), (0, 0));
}

#[test]
fn dimensions_are_kept_from_the_front_and_then_normalised() {
    let route = load(&encoder(), "dimensions = 1", "", "").unwrap();
    assert_eq!(route.embed(&["b"]).unwrap(), array![[1.0]]);
    let keep = |dimensions| EmbedOptions {
        dimensions: Some(dimensions),
        ..EmbedOptions::default()
    };
    let more = route.embed_with(&["b"], &keep(3)).unwrap().vectors;
    assert_eq!(more.dim(), (1, 3));
    for (wanted, words) in [(4, "`dimensions` is `4`; the model has 3"), (0, "is `0`")] {
        let error = route.embed_with(&["b"], &keep(wanted)).unwrap_err();
        refused(&error, ErrorKind::InvalidArgument, words);
    }
}

#[test]
fn dimensions_that_only_a_run_can_judge_are_refused_by_it() {
    let any = [Dimension::Any, Dimension::Any, Dimension::Any];
    let backend = FakeBackend::new(vectors(Dtype::Float32, &any)).computing(encode);
    let route = load(&backend, "", "", "").unwrap();
    let options = EmbedOptions {
        dimensions: Some(4),
        ..EmbedOptions::default()
    };
    let error = route.embed_with(&["a"], &options).unwrap_err();
    refused(&error, ErrorKind::InvalidArgument, "the model has 3");
    let route = load(&backend, "dimensions = 4", "", "").unwrap();
    let error = route.embed(&["a"]).unwrap_err();
    refused(&error, ErrorKind::InvalidPackage, "the model has 3");
}

#[test]
fn prompts_stand_before_the_text() {
    let route = raw(
        "prompts = { query = \"e \", none = \"\" }\ndefault_prompt = \"query\"",
        "",
    );
    let first = |prompt: Option<&str>| {
        let options = EmbedOptions {
            prompt: prompt.map(str::to_owned),
            ..EmbedOptions::default()
        };
        Ok::<_, Error>(route.embed_with(&["a"], &options)?.vectors[[0, 0]])
    };
    assert_eq!(first(None).unwrap(), 3.0);
    assert_eq!(first(Some("query")).unwrap(), 3.0);
    assert_eq!(first(Some("none")).unwrap(), 1.0);
    assert_eq!(first(Some("")).unwrap(), 1.0);
    let words = "`passage`; its prompts are `none`, `query`";
    refused(
        &first(Some("passage")).unwrap_err(),
        ErrorKind::InvalidArgument,
        words,
    );
}

#[test]
fn a_text_that_is_cut_says_how_much_was_lost() {
    let route = raw("", "");
    let error = route.embed(&["a b c d e"]).unwrap_err();
    refused(&error, ErrorKind::InputTooLong, "`5` tokens");
    let options = EmbedOptions {
        overflow: Some(Overflow::Truncate),
        ..EmbedOptions::default()
    };
    let embedded = route.embed_with(&["a", "a b c d e e"], &options).unwrap();
    assert_eq!(embedded.truncated, [0, 2]);
    assert_eq!((embedded.usage.rows, embedded.usage.tokens), (2, 5));
    assert_eq!(embedded.vectors.column(0), array![1.0, 2.5]);
}

#[test]
fn windows_are_averaged_by_their_tokens_and_then_normalised() {
    let extra = "overflow = \"window\"\nstride = 1";
    // [1 2 3 4] and [4 5 5]: means 2.5 and 14/3, weights 4 and 3.
    let expected = (2.5 * 4.0 + 14.0) / 7.0;
    let found = raw("", extra).embed(&["a b c d e e", "a"]).unwrap();
    assert!((found[[0, 0]] - expected).abs() < 1e-6);
    assert_eq!(found[[1, 0]], 1.0);
    let route = load(&encoder(), "dimensions = 1", extra, "").unwrap();
    assert_eq!(route.embed(&["a b c d e e"]).unwrap(), array![[1.0]]);
}

#[test]
fn a_vector_that_is_not_finite_is_an_error_and_the_route_goes_on() {
    let backend = FakeBackend::new(of_tokens()).computing(|inputs| {
        let ids = inputs[0].1.view::<i64>()?;
        let number = |id: &i64| match id {
            7 | 5 => f32::NAN,
            4 => f32::INFINITY,
            _ => 1.0,
        };
        let numbers = ids.iter().flat_map(|id| [number(id); 3]).collect();
        let shape = [ids.shape()[0], ids.shape()[1], 3];
        Ok(vec![Tensor::from_vec(shape, numbers)?])
    });
    let route = load(&backend, "", "pad_id = 7", "").unwrap();
    for text in ["e", "a d"] {
        let error = route.embed(&["a", text]).unwrap_err();
        refused(&error, ErrorKind::InferenceFailed, "`vectors`");
    }
    // Whatever padding gets is nobody's.
    assert_eq!(route.embed(&["a", "a b c"]).unwrap().dim(), (2, 3));
    assert_eq!((route.usage().requests, route.usage().failures), (1, 2));
}

#[test]
fn outputs_other_than_the_graph_said_are_refused() {
    for shape in [[1, 2, 3], [2, 1, 3], [2, 2, 0]] {
        let any = [Dimension::Any, Dimension::Any, Dimension::Any];
        let backend = FakeBackend::new(vectors(Dtype::Float32, &any)).computing(move |_| {
            let count = shape.iter().product();
            Ok(vec![Tensor::from_vec(shape, vec![0.0_f32; count])?])
        });
        let route = load(&backend, "", "", "").unwrap();
        let error = route.embed(&["a b", "c d"]).unwrap_err();
        refused(
            &error,
            ErrorKind::InvalidPackage,
            "output `vectors` is float32",
        );
    }
}

#[test]
fn golden_vectors_are_compared_by_their_front_before_serving() {
    let golden = |rest: &str| format!("[[golden]]\ntext = \"a\"\n{rest}");
    let task = "normalize = false\nprompts = { query = \"c \" }";
    for fits in [
        "embedding = [1, 10]",
        "embedding = [1, 10, 1]",
        "embedding = [1.5, 9.6]\ntolerance = 0.5",
        "embedding = [2]\nprompt = \"query\"",
    ] {
        assert!(load(&encoder(), task, "", &golden(fits)).is_ok(), "{fits}");
    }
    let error = load(&encoder(), task, "", &golden("embedding = [1, 10.1]")).unwrap_err();
    refused(&error, ErrorKind::GoldenMismatch, "off by `0.09");
    let error = load(&encoder(), task, "", &golden("embedding = [1, 10, 1, 0]")).unwrap_err();
    refused(&error, ErrorKind::InvalidPackage, "has `4` numbers");
}

#[test]
fn packages_that_do_not_fit_their_graph_never_serve() {
    let any = || Dimension::Any;
    let (two, three) = ([any(), any()], [any(), any(), any()]);
    for (signature, task, words) in [
        (
            vectors(Dtype::Float32, &two),
            "",
            "[batch, tokens, dimensions] were expected",
        ),
        (
            vectors(Dtype::Float32, &three),
            "pooling = \"none\"",
            "[batch, dimensions] were",
        ),
        (vectors(Dtype::Int64, &three), "", "`vectors` is int64"),
        (
            vectors(Dtype::Float32, &three),
            "output = \"pooled\"",
            "no output `pooled`",
        ),
        (of_tokens(), "dimensions = 4", "the model has 3"),
    ] {
        let error = load(&FakeBackend::new(signature), task, "", "").unwrap_err();
        refused(&error, ErrorKind::InvalidPackage, words);
    }
}

#[test]
fn each_task_refuses_the_other() {
    let error = raw("", "").classify(&["a"]).unwrap_err();
    refused(&error, ErrorKind::Unsupported, "text-embedding");
    let (world, backend) = (World::new(), FakeBackend::new(signature()));
    let package = world.package("1.0.0", "", "");
    let route = world
        .service(&backend)
        .load(package.to_str().unwrap())
        .unwrap();
    refused(
        &route.embed(&["a"]).unwrap_err(),
        ErrorKind::Unsupported,
        "text-classification",
    );
}
