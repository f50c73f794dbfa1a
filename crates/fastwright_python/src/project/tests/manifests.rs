//! Roots that manifests declare, versions, entrypoints, environments.

use super::*;

fn declared_root_of(manifest: &str) -> String {
    let fixture =
        format!("#- {manifest}\n#- lib/python/shop/__init__.py\n#- lib/python/shop/main.py\nx = 1\n");
    let project = found(&MemoryTree::from_fixture(&fixture), ".");
    assert_eq!(project.problems, [], "{manifest}");
    project.files.iter().map(|file| file.module.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn roots_that_build_tools_declare() {
    let manifests = [
        "pyproject.toml\n[tool.setuptools.packages.find]\nwhere = [\"lib/python\"]",
        "pyproject.toml\n[tool.setuptools]\npackages = {find = {where = [\"lib/python\"]}}",
        "pyproject.toml\n[tool.setuptools.package-dir]\n\"\" = \"lib/python\"",
        "pyproject.toml\n[tool.setuptools]\npackage-dir = {shop = \"lib/python/shop\"}",
        "pyproject.toml\n[tool.poetry]\nname = \"shop\"\npackages = [{include = \"shop\", from = \"lib/python\"}]",
        "pyproject.toml\n[tool.pdm.build]\npackage-dir = \"lib/python\"",
        "pyproject.toml\n[tool.hatch.build.targets.wheel]\npackages = [\"lib/python/shop\"]",
        "pyproject.toml\n[tool.hatch.build]\nsources = [\"lib/python\"]",
        "pyproject.toml\n[tool.uv.build-backend]\nmodule-root = \"lib/python\"",
        "pyproject.toml\n[tool.pytest.ini_options]\npythonpath = [\"lib/python\"]",
        "pytest.ini\n[pytest]\npythonpath = lib/python other",
        "setup.cfg\n[options]\npackage_dir =\n    = lib/python",
        "setup.cfg\n[options.packages.find]\nwhere = lib/python",
    ];
    for manifest in manifests {
        assert_eq!(declared_root_of(manifest), "shop shop.main", "{manifest}");
    }
    // Nothing declared and nothing imported: names from the project's root.
    assert_eq!(
        declared_root_of("pyproject.toml\n[project]\nname = \"x\""),
        "lib.python.shop lib.python.shop.main"
    );
}

#[test]
fn workspace_members_and_path_dependencies() {
    let tree = MemoryTree::from_fixture(
        "#- .git/HEAD\n#- pyproject.toml\n[tool.uv.workspace]\nmembers = [\"packages/*\"]\n#- uv.lock\n[[package]]\nname = \"fastapi\"\nversion = \"0.116.1\"\n\
         #- packages/common/pyproject.toml\n[project]\nname = \"common\"\n#- packages/common/src/common/__init__.py\n#- packages/common/src/common/db.py\n\
         #- packages/api/pyproject.toml\n[project]\nname = \"api\"\ndependencies = [\"common\", \"fastapi>=0.100\"]\n#- packages/api/api/__init__.py\n#- packages/api/api/main.py\nfrom common.db import x\n",
    );
    check_in(
        &tree,
        ".",
        "packages/api/api/__init__.py = api @ packages/api
         packages/api/api/main.py = api.main @ packages/api
         packages/common/src/common/__init__.py = common @ packages/common/src
         packages/common/src/common/db.py = common.db @ packages/common/src",
        "packages/api/api/main.py: common.db -> packages/common/src/common/db.py",
    );
    // Only one member analysed: the others are reached, not walked, and the workspace's lock file counts.
    check_in(
        &tree,
        "packages/api",
        "api/__init__.py = api @ .
         api/main.py = api.main @ .",
        "api/main.py: common.db -> outside /project/packages/common/src/common/db.py as common.db",
    );
    let project = found(&tree, "packages/api");
    assert_eq!(project.versions.version("fastapi"), Some(("0.116.1", VersionSource::LockFile)));
    assert_eq!(project.versions.all("fastapi").len(), 2);
}

#[test]
fn versions_and_their_precedence() {
    let mut fixture = String::from(
        "#- pyproject.toml\n[project]\nname = \"x\"\ndependencies = [\"fastapi>=0.100,<1\", \"httpx\", \"Jinja2~=3.1\"]\n#- main.py\nx = 1\n\
         #- .venv/lib/python3.12/site-packages/fastapi-0.120.0.dist-info/METADATA\n#- .venv/lib/python3.12/site-packages/python_multipart-0.0.20.dist-info/METADATA\n",
    );
    let version = |fixture: &str, name: &str| {
        let project = found(&MemoryTree::from_fixture(fixture), ".");
        project.versions.version(name).map(|(version, source)| format!("{version} {}", source.as_str()))
    };
    assert_eq!(version(&fixture, "jinja2").unwrap(), "3.1 declared");
    assert_eq!(version(&fixture, "httpx"), None);
    assert_eq!(version(&fixture, "Python.Multipart").unwrap(), "0.0.20 environment");
    assert_eq!(version(&fixture, "fastapi").unwrap(), "0.120.0 environment");
    fixture.push_str("#- requirements/base.txt\nfastapi[all]==0.110.1  # pinned\n");
    assert_eq!(version(&fixture, "fastapi").unwrap(), "0.110.1 requirements");
    let locks = [
        "uv.lock\nversion = 1\n\n[[package]]\nname = \"fastapi\"\nversion = \"0.111.0\"\nsource = { registry = \"https://x\" }\n",
        "poetry.lock\n# generated\n[[package]]\nname = \"fastapi\"\nversion = \"0.111.0\"\noptional = false\n[package.dependencies]\nversion = \"9\"\n",
        "pdm.lock\n[metadata]\nversion = \"4\"\n[[package]]\nname = \"fastapi\"\nversion = \"0.111.0\"\n",
        "pylock.toml\nlock-version = \"1.0\"\n[[packages]]\nname = \"fastapi\"\nversion = \"0.111.0\"\n",
        "Pipfile.lock\n{\"default\": {\"fastapi\": {\"version\": \"==0.111.0\"}}}\n",
    ];
    for lock in locks {
        assert_eq!(
            version(&format!("{fixture}#- {lock}"), "fastapi").unwrap(),
            "0.111.0 lock-file",
            "{lock}"
        );
    }
}

#[test]
fn the_version_of_the_project_itself() {
    let manifests = [
        "pyproject.toml\n[project]\nname = \"fastapi\"\nversion = \"0.165.0\"\n",
        "pyproject.toml\n[tool.poetry]\nname = \"fastapi\"\nversion = \"0.165.0\"\n",
        "pyproject.toml\n[project]\nname = \"fastapi\"\ndynamic = [\"version\"]\n#- PKG-INFO\nName: fastapi\nVersion: 0.165.0\n\nText\n",
        "setup.cfg\n[metadata]\nname = fastapi\nversion = 0.165.0\n",
    ];
    for manifest in manifests {
        let project = found(&MemoryTree::from_fixture(&format!("#- {manifest}")), ".");
        assert_eq!(
            project.versions.version("fastapi"),
            Some(("0.165.0", VersionSource::Declared)),
            "{manifest}"
        );
    }
}

#[test]
fn version_numbers_compare() {
    let parse = |text: &str| Version::parse(text).unwrap();
    assert!(parse("0.115.0") > parse("0.99.9") && parse("2") == parse("2.0.0"));
    assert_eq!(parse("1!2.0.0b1"), Version::new(2, 0, 0));
    assert_eq!(parse("v2.11rc1"), Version::new(2, 11, 0));
    assert_eq!(parse("3.12.1+local"), Version::new(3, 12, 1));
    assert_eq!((Version::parse(""), Version::parse("x"), Version::parse("99999999999")), (None, None, None));
}

#[test]
fn entrypoints() {
    let tree = MemoryTree::from_fixture(
        "#- pyproject.toml\n[project]\nname = \"x\"\n\n[tool.fastapi]\nentrypoint = \"shop.main:app\"\n#- src/shop/__init__.py\n#- src/shop/main.py\nx = 1\n",
    );
    let project = found(&tree, ".");
    let entrypoint = &project.entrypoints[0];
    assert_eq!(
        (entrypoint.module.as_str(), entrypoint.attribute.as_str(), entrypoint.line),
        ("shop.main", "app", 5)
    );
    let location = resolver(&project, &tree).resolve_entrypoint(entrypoint);
    assert_eq!(shown(&project, location.as_ref()), "src/shop/main.py");
}

#[test]
fn broken_manifests_are_problems() {
    let cases = [
        ("pyproject.toml\n[project]\nname = \n", Some(2), "not valid TOML"),
        ("pyproject.toml\n[tool.fastapi]\nentrypoint = \"main\"\n", Some(2), "not of the form"),
        ("setup.cfg\n[options]\nwhat is this\n", Some(2), "neither a [section]"),
        ("uv.lock\nversion = 1\n<<<<<<< HEAD\n", Some(2), "merge conflict"),
        ("uv.lock\n][\n", Some(1), "not valid TOML"),
        ("Pipfile.lock\n{\"default\": \n", Some(2), "not valid JSON"),
    ];
    for (manifest, line, message) in cases {
        let project = found(&MemoryTree::from_fixture(&format!("#- {manifest}#- main.py\nx = 1\n")), ".");
        assert_eq!(project.problems.len(), 1, "{manifest}: {:?}", project.problems);
        let problem = &project.problems[0];
        assert_eq!((problem.kind, problem.line), (ProblemKind::BrokenManifest, line), "{manifest}");
        assert!(problem.message.contains(message), "{}", problem.message);
        assert_eq!(names(&project), "main.py = main @ .\n");
    }
    // Shapes that no tool accepts, but TOML does.
    let odd = "#- pyproject.toml\nproject = 3\ntool = {setuptools = [], poetry = \"x\", uv = {sources = 1}, hatch = {build = 2}}\n#- a.py\nx = 1\n";
    assert_eq!(found(&MemoryTree::from_fixture(odd), ".").problems, []);
}

#[test]
fn environments() {
    let fixture = "#- pyproject.toml\n[project]\nname = \"x\"\n#- main.py\nimport fastapi\n#- venv/Lib/site-packages/fastapi/__init__.py\n\
        #- /opt/env/lib/python3.9/site-packages/old.py\n#- /opt/env/lib/python3.13/site-packages/new.py\n#- /opt/env/bin/python\n\
        #- venv/Lib/site-packages/__editable__.lib.pth\n/opt/lib\nimport x\n#- /opt/lib/helper.py\n#- venv/Lib/site-packages/ns/part/mod.py\n";
    let tree = MemoryTree::from_fixture(fixture);
    let project = found(&tree, ".");
    let resolver = resolver(&project, &tree);
    let to = |dotted: &str| shown(&project, resolver.resolve(FileIndex(0), dotted).as_ref());
    assert_eq!(to("fastapi"), "installed venv/Lib/site-packages/fastapi/__init__.py as fastapi");
    assert_eq!(to("helper"), "installed /opt/lib/helper.py as helper");
    assert_eq!(to("ns.part"), "venv/Lib/site-packages/ns/part/");
    assert_eq!(to("ns.part.mod"), "installed venv/Lib/site-packages/ns/part/mod.py as ns.part.mod");
    assert_eq!(to("fastapi.missing"), "nothing");
    for named in ["/opt/env", "/opt/env/bin/python", "/opt/env/lib/python3.13/site-packages"] {
        let options = DiscoverOptions { python_env: Some(named.into()), ..DiscoverOptions::default() };
        let environment = discover(&tree, Path::new("."), &options).unwrap().environment.unwrap();
        assert_eq!(
            environment.site_packages,
            [Path::new("/opt/env/lib/python3.13/site-packages")],
            "{named}"
        );
    }
    let options = DiscoverOptions { python_env: Some("/opt/lib".into()), ..DiscoverOptions::default() };
    let error = discover(&tree, Path::new("."), &options).unwrap_err();
    assert!(
        matches!(error, DiscoverError::NotAnEnvironment(_)) && error.to_string().contains("/opt/lib"),
        "{error}"
    );
    // An active environment counts only where it lies in the project.
    let options = DiscoverOptions { virtual_env: Some("/opt/env".into()), ..DiscoverOptions::default() };
    assert_eq!(
        discover(&tree, Path::new("."), &options).unwrap().environment.unwrap().path,
        Path::new("/project/venv")
    );
}

#[test]
fn exact_requirements_of_an_unpacked_distribution() {
    let tree = MemoryTree::from_fixture(
        "#- shop/main.py\nx = 1\n#- shop-1.2.dist-info/METADATA\nName: shop\n\
         Requires-Dist: fastapi[all]==0.123.3\nRequires-Dist: starlette>=0.40\n\
         Requires-Dist: sqlalchemy==1.4; extra == \"old\"\n\nRequires-Dist: pydantic==1.0\n",
    );
    let project = found(&tree, ".");
    assert_eq!(project.versions.names(), ["fastapi"]);
    assert_eq!(project.versions.version("fastapi"), Some(("0.123.3", VersionSource::Requirements)));
}
