//! Relative names, submodules, installed files, and what must not be found.

use super::*;

#[test]
fn relative_names_follow_python() {
    let cases = [
        ("pkg.mod", false, 1, "x", Some("pkg.x")),
        ("pkg.mod", false, 1, "", Some("pkg")),
        ("pkg", true, 1, "x", Some("pkg.x")),
        ("pkg.sub", true, 2, "x.y", Some("pkg.x.y")),
        ("pkg.sub", true, 1, "", Some("pkg.sub")),
        ("pkg.mod", false, 2, "x", Some("x")),
        ("pkg.mod", false, 3, "x", None),
        ("main", false, 1, "models", Some("models")),
        ("main", false, 1, "", None),
        ("main", false, 2, "x", None),
        ("pkg", true, 2, "", None),
        ("a.b.c", false, 0, "os.path", Some("os.path")),
        ("__init__", true, 1, "x", Some("x")),
    ];
    for (module, is_package, level, name, expected) in cases {
        let result = resolve::relative_name(module, is_package, level, name);
        assert_eq!(result.as_deref(), expected, "{module} {level} {name}");
    }
}

#[test]
fn local_names_do_not_hide_libraries() {
    // In a package, `import redis` beside `redis.py` is the library; so are the standard library's names.
    check(
        "#- pyproject.toml\n[project]\nname = \"x\"\ndependencies = [\"celery\", \"PyJWT\"]\n#- app/main.py\nfrom app.config import x\nimport redis\n\
         #- app/config.py\n#- app/redis.py\nimport redis\n#- app/logging.py\n#- scripts/run.py\nfrom tools import y\nimport celery\n#- scripts/tools.py\n\
         #- scripts/celery.py\nimport celery\n#- scripts/email.py\n#- other/celery/__init__.py\n",
        "app/config.py = app.config @ .
         app/logging.py = app.logging @ .
         app/main.py = app.main @ .
         app/redis.py = app.redis @ .
         other/celery/__init__.py = other.celery @ .
         scripts/celery.py = celery @ scripts
         scripts/email.py = email @ scripts
         scripts/run.py = run @ scripts
         scripts/tools.py = tools @ scripts",
        "app/main.py: redis -> nothing
         app/main.py: logging -> nothing
         app/redis.py: redis -> nothing
         app/main.py: celery -> nothing
         scripts/run.py: tools -> scripts/tools.py
         scripts/celery.py: celery -> nothing
         app/main.py: tools -> nothing",
    );
}

#[test]
fn packages_come_before_modules_and_folders() {
    check(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- a.py\nimport b\n#- b.py\n#- b/__init__.py\n#- c.py\n#- c/inner.py\n#- data/readme.txt\n",
        "a.py = a @ .
         b.py = b @ .
         b/__init__.py = b @ .
         c.py = c @ .
         c/inner.py = c.inner @ .",
        "a.py: b -> b/__init__.py
         a.py: c -> c.py
         a.py: c.inner -> nothing
         a.py: data -> nothing",
    );
}

#[test]
fn submodules_of_every_kind_of_package() {
    let tree = MemoryTree::from_fixture(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- app/__init__.py\n#- app/b.py\n#- app/sub/__init__.py\n#- app/ns/deep.py\n#- app/static/x.css\n\
         #- spread/one.py\n#- .venv/lib/python3.12/site-packages/lib/__init__.py\n#- .venv/lib/python3.12/site-packages/lib/core.py\n\
         #- .venv/lib/python3.12/site-packages/lib/more/__init__.py\n",
    );
    let project = found(&tree, ".");
    let resolver = resolver(&project, &tree);
    let list = |dotted: &str| {
        let location = resolver.resolve(FileIndex(0), dotted).unwrap();
        let shown = |module: Submodule| {
            format!(
                "{}{} {}",
                module.name,
                if module.is_package { "/" } else { "" },
                shown(&project, Some(&module.location))
            )
        };
        resolver.submodules(&location).into_iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(list("app"), ["b app/b.py", "ns/ app/ns/", "sub/ app/sub/__init__.py"]);
    assert_eq!(list("app.ns"), ["deep app/ns/deep.py"]);
    assert_eq!(list("spread"), ["one spread/one.py"]);
    assert_eq!(list("app.b"), Vec::<String>::new());
    let site = ".venv/lib/python3.12/site-packages/lib";
    assert_eq!(
        list("lib"),
        [
            format!("core installed {site}/core.py as lib.core"),
            format!("more/ installed {site}/more/__init__.py as lib.more")
        ]
    );
}

#[test]
fn imports_of_installed_files() {
    let tree = MemoryTree::from_fixture(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- main.py\nimport lib\n#- helper.py\n#- .venv/lib/python3.12/site-packages/lib/__init__.py\n\
         #- .venv/lib/python3.12/site-packages/lib/core.py\n#- .venv/lib/python3.12/site-packages/other.py\n",
    );
    let project = found(&tree, ".");
    let resolver = resolver(&project, &tree);
    let Some(ModuleLocation::Outside(package)) = resolver.resolve(FileIndex(1), "lib") else {
        panic!("not found")
    };
    let Some(ModuleLocation::Outside(core)) = resolver.resolve_outside(&package, "lib.core") else {
        panic!("not found")
    };
    assert_eq!((core.module.as_str(), core.is_package, core.installed), ("lib.core", false, true));
    let to = |dotted: &str| {
        resolver.resolve_outside(&core, dotted).map(|location| shown(&project, Some(&location)))
    };
    assert_eq!(to("other").unwrap(), "installed .venv/lib/python3.12/site-packages/other.py as other");
    assert_eq!((to("helper"), to("json")), (None, None));
    let relative = resolver.resolve_relative_outside(&core, 1, "");
    assert_eq!(
        shown(&project, relative.as_ref()),
        "installed .venv/lib/python3.12/site-packages/lib/__init__.py as lib"
    );
}

#[test]
fn relative_imports_by_folder() {
    let tree = MemoryTree::from_fixture(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- main.py\nfrom . import models\n#- models.py\n#- app/__init__.py\n#- app/a.py\n",
    );
    let project = found(&tree, ".");
    let resolver = resolver(&project, &tree);
    let at =
        |path: &str| FileIndex(project.files.iter().position(|file| file.relative == path).unwrap() as u32);
    let to = |from: &str, level: u32, name: &str| {
        shown(&project, resolver.resolve_relative(at(from), level, name).as_ref())
    };
    assert_eq!(to("main.py", 1, "models"), "models.py");
    assert_eq!(to("app/a.py", 1, ""), "app/__init__.py");
    assert_eq!(to("app/a.py", 2, "models"), "models.py");
    assert_eq!(to("app/__init__.py", 1, "a"), "app/a.py");
    assert_eq!(to("app/a.py", 9, "models"), "nothing");
}

#[test]
fn ignored_files_are_reached_by_imports() {
    check(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- .gitignore\n_version.py\ngenerated/\n#- app/__init__.py\n#- app/_version.py\n#- app/generated/client.py\n#- app/main.py\nx = 1\n",
        "app/__init__.py = app @ .
         app/main.py = app.main @ .",
        "app/main.py: app._version -> outside app/_version.py as app._version
         app/main.py: app.generated.client -> outside app/generated/client.py as app.generated.client
         app/main.py: app.generated.other -> nothing",
    );
}
