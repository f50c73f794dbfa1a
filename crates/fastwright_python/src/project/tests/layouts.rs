//! Import roots and module names, a test a layout.

use super::*;

#[test]
fn flat_layout() {
    check(
        "#- pyproject.toml\n[project]\nname = \"shop\"\n#- app/__init__.py\n#- app/main.py\nfrom app.db import x\n#- app/db.py\n\
         #- app/api/routes.py\n#- manage.py\n#- tests/test_app.py\nfrom app.main import app\nfrom factories import make\n#- tests/factories.py\n",
        "app/__init__.py = app @ .
         app/api/routes.py = app.api.routes @ .
         app/db.py = app.db @ .
         app/main.py = app.main @ .
         manage.py = manage @ .
         tests/factories.py = tests.factories @ .
         tests/test_app.py = tests.test_app @ .",
        "app/main.py: app.db -> app/db.py
         app/main.py: app -> app/__init__.py
         app/main.py: app.api -> app/api/
         app/main.py: app.api.routes -> app/api/routes.py
         app/main.py: app.missing -> nothing
         app/main.py: db -> nothing
         tests/test_app.py: factories -> tests/factories.py
         tests/test_app.py: app.main -> app/main.py
         app/main.py: os.path -> nothing",
    );
}

#[test]
fn src_layout() {
    check(
        "#- pyproject.toml\n[project]\nname = \"shop\"\n#- src/shop/__init__.py\n#- src/shop/main.py\nfrom shop.db import x\n\
         #- src/shop/db.py\n#- tests/test_shop.py\nfrom shop.main import app\n",
        "src/shop/__init__.py = shop @ src
         src/shop/db.py = shop.db @ src
         src/shop/main.py = shop.main @ src
         tests/test_shop.py = tests.test_shop @ .",
        "src/shop/main.py: shop.db -> src/shop/db.py
         tests/test_shop.py: shop.main -> src/shop/main.py",
    );
}

#[test]
fn src_that_is_imported_by_its_name() {
    let fixture = "#- pyproject.toml\n[project]\nname = \"shop\"\n#- src/auth/router.py\nfrom src.auth.service import x\n\
         #- src/auth/service.py\nfrom src.config import y\n#- src/config.py\n";
    check(
        fixture,
        "src/auth/router.py = src.auth.router @ .
         src/auth/service.py = src.auth.service @ .
         src/config.py = src.config @ .",
        "src/auth/router.py: src.auth.service -> src/auth/service.py
         src/auth/router.py: auth.service -> nothing",
    );
    // Without a file of its own, `src` alone looks like a source folder; the imports say otherwise.
    check(
        &fixture.replace("#- src/config.py\n", ""),
        "src/auth/router.py = src.auth.router @ .
         src/auth/service.py = src.auth.service @ .",
        "src/auth/service.py: src.auth.router -> src/auth/router.py",
    );
}

#[test]
fn application_in_a_subfolder() {
    for init in ["#- backend/app/__init__.py\n", ""] {
        let fixture = format!(
            "#- pyproject.toml\n[tool.ruff]\nline-length = 100\n{init}#- backend/app/main.py\nfrom app.core.config import settings\n\
             #- backend/app/core/config.py\n#- backend/tests/test_main.py\nfrom app.main import app\n#- frontend/app/x.ts\n"
        );
        let init_line = if init.is_empty() { "" } else { "backend/app/__init__.py = app @ backend\n" };
        check(
            &fixture,
            &format!(
                "{init_line}backend/app/core/config.py = app.core.config @ backend
                 backend/app/main.py = app.main @ backend
                 backend/tests/test_main.py = tests.test_main @ backend"
            ),
            "backend/app/main.py: app.core.config -> backend/app/core/config.py
             backend/tests/test_main.py: app.main -> backend/app/main.py",
        );
    }
}

#[test]
fn scripts_beside_each_other() {
    check(
        "#- services/shop/main.py\nfrom models import Item\nfrom routers import items\n#- services/shop/models.py\n\
         #- services/shop/routers/items.py\nfrom models import Item\n#- services/mail/main.py\nimport models\n#- services/mail/models.py\n#- services/README.md\n",
        "services/mail/main.py = main @ services/mail
         services/mail/models.py = models @ services/mail
         services/shop/main.py = main @ services/shop
         services/shop/models.py = models @ services/shop
         services/shop/routers/items.py = routers.items @ services/shop",
        "services/shop/main.py: models -> services/shop/models.py
         services/mail/main.py: models -> services/mail/models.py
         services/shop/routers/items.py: models -> services/shop/models.py
         services/shop/main.py: routers.items -> services/shop/routers/items.py
         services/shop/main.py: routers -> services/shop/routers/",
    );
}

#[test]
fn one_folder_of_scripts() {
    check(
        "#- main.py\nfrom models import X\nimport secrets\n#- models.py\n#- types.py\n",
        "main.py = main @ .
         models.py = models @ .
         types.py = types @ .",
        "main.py: models -> models.py",
    );
}

#[test]
fn a_folder_whose_modules_use_dots_is_a_package() {
    check_in(
        &MemoryTree::from_fixture(
            "#- sql_app/main.py\nfrom . import crud\nfrom .models import X\n#- sql_app/crud.py\n#- sql_app/models.py\n",
        ),
        "sql_app",
        "crud.py = sql_app.crud @ /project
         main.py = sql_app.main @ /project
         models.py = sql_app.models @ /project",
        "main.py: sql_app.models -> models.py",
    );
}

#[test]
fn monorepo_with_colliding_names() {
    for manifest in
        ["pyproject.toml\n[project]\nname = \"x\"\n", "requirements.txt\nfastapi\n", "Dockerfile\n"]
    {
        let mut fixture = String::from("#- .git/HEAD\n");
        for service in ["a", "b"] {
            write!(
                fixture,
                "#- services/{service}/{manifest}#- services/{service}/app/main.py\nfrom app.models import X\n\
                 #- services/{service}/app/models.py\n#- services/{service}/app/only_{service}.py\n"
            )
            .unwrap();
        }
        check(
            &fixture,
            "services/a/app/main.py = app.main @ services/a
             services/a/app/models.py = app.models @ services/a
             services/a/app/only_a.py = app.only_a @ services/a
             services/b/app/main.py = app.main @ services/b
             services/b/app/models.py = app.models @ services/b
             services/b/app/only_b.py = app.only_b @ services/b",
            "services/a/app/main.py: app.models -> services/a/app/models.py
             services/b/app/main.py: app.models -> services/b/app/models.py
             services/a/app/main.py: app.only_a -> services/a/app/only_a.py
             services/a/app/main.py: app.only_b -> nothing
             services/a/app/main.py: app -> services/a/app/",
        );
    }
}

#[test]
fn namespace_package_over_several_distributions() {
    let mut fixture = String::new();
    for part in ["core", "xarray"] {
        write!(
            fixture,
            "#- src/titiler/{part}/pyproject.toml\n[project]\nname = \"titiler.{part}\"\n#- src/titiler/{part}/titiler/{part}/__init__.py\n\
             #- src/titiler/{part}/titiler/{part}/factory.py\nfrom titiler.core.factory import x\n"
        )
        .unwrap();
    }
    check(
        &fixture,
        "src/titiler/core/titiler/core/__init__.py = titiler.core @ src/titiler/core
         src/titiler/core/titiler/core/factory.py = titiler.core.factory @ src/titiler/core
         src/titiler/xarray/titiler/xarray/__init__.py = titiler.xarray @ src/titiler/xarray
         src/titiler/xarray/titiler/xarray/factory.py = titiler.xarray.factory @ src/titiler/xarray",
        "src/titiler/xarray/titiler/xarray/factory.py: titiler.core.factory -> src/titiler/core/titiler/core/factory.py
         src/titiler/xarray/titiler/xarray/factory.py: titiler.core -> src/titiler/core/titiler/core/__init__.py
         src/titiler/core/titiler/core/factory.py: titiler -> src/titiler/core/titiler/ src/titiler/xarray/titiler/",
    );
}

#[test]
fn documentation_examples_named_from_the_root() {
    check(
        "#- pyproject.toml\n[project]\nname = \"fastapi\"\n#- docs_src/first/__init__.py\n#- docs_src/first/tutorial001.py\nfrom fastapi import FastAPI\n\
         #- docs_src/second/app/main.py\nfrom .routers import users\n#- docs_src/second/app/routers/users.py\n#- tests/test_first.py\nfrom docs_src.first.tutorial001 import app\n",
        "docs_src/first/__init__.py = docs_src.first @ .
         docs_src/first/tutorial001.py = docs_src.first.tutorial001 @ .
         docs_src/second/app/main.py = docs_src.second.app.main @ .
         docs_src/second/app/routers/users.py = docs_src.second.app.routers.users @ .
         tests/test_first.py = tests.test_first @ .",
        "tests/test_first.py: docs_src.first.tutorial001 -> docs_src/first/tutorial001.py
         tests/test_first.py: docs_src.second.app.main -> docs_src/second/app/main.py",
    );
}

#[test]
fn names_that_cannot_be_imported_start_a_root() {
    check(
        "#- .git/HEAD\n#- my-service/app/__init__.py\n#- my-service/app/main.py\nfrom fastapi import FastAPI\n#- my-service/odd.name.py\n",
        "my-service/app/__init__.py = app @ my-service
         my-service/app/main.py = app.main @ my-service
         my-service/odd.name.py = odd.name @ my-service",
        "my-service/app/main.py: app -> my-service/app/__init__.py
         my-service/app/main.py: odd.name -> nothing",
    );
}

#[test]
fn an_installed_package_is_named_from_site_packages() {
    let tree = MemoryTree::from_fixture(
        "#- pyproject.toml\n[project]\nname = \"mine\"\n#- .venv/.gitignore\n*\n#- .venv/pyvenv.cfg\nversion = 3.12.1\n\
         #- .venv/lib/python3.12/site-packages/zenml/__init__.py\n#- .venv/lib/python3.12/site-packages/zenml/api/main.py\nfrom zenml.x import y\n\
         #- .venv/lib/python3.12/site-packages/fastapi/__init__.py\n#- .venv/lib/python3.12/site-packages/zenml-0.9.dist-info/RECORD\n\
         #- .venv/lib/python3.12/site-packages/fastapi-0.115.2.dist-info/RECORD\n#- main.py\n",
    );
    check_in(
        &tree,
        ".venv/lib/python3.12/site-packages/zenml",
        "__init__.py = zenml @ /project/.venv/lib/python3.12/site-packages
         api/main.py = zenml.api.main @ /project/.venv/lib/python3.12/site-packages",
        "api/main.py: zenml -> __init__.py
         api/main.py: zenml.api -> api/
         api/main.py: fastapi -> outside /project/.venv/lib/python3.12/site-packages/fastapi/__init__.py as fastapi",
    );
    let project = found(&tree, ".venv/lib/python3.12/site-packages/zenml");
    assert_eq!(project.versions.version("FastAPI"), Some(("0.115.2", VersionSource::Environment)));
    assert_eq!(project.versions.version("zenml"), Some(("0.9", VersionSource::Environment)));
    // The project around it does not see its own environment's files.
    let around = found(&tree, ".");
    assert_eq!(names(&around), "main.py = main @ .\n");
    assert_eq!(around.environment.unwrap().python, Some(Version::new(3, 12, 1)));
}

#[test]
fn a_part_of_a_project_and_one_file() {
    let tree = MemoryTree::from_fixture(
        "#- pyproject.toml\n[project]\nname = \"shop\"\n#- backend/app/main.py\nfrom app.core.config import x\nfrom app.api.routes import y\n\
         #- backend/app/core/config.py\n#- backend/app/api/routes.py\nfrom app.core.config import x\n#- backend/app/api/deps.py\n",
    );
    check_in(
        &tree,
        "backend/app/api",
        "backend/app/api/deps.py = app.api.deps @ backend
         backend/app/api/routes.py = app.api.routes @ backend",
        "backend/app/api/routes.py: app.api.deps -> backend/app/api/deps.py
         backend/app/api/routes.py: app.core.config -> outside backend/app/core/config.py as app.core.config
         backend/app/api/routes.py: app.main -> outside backend/app/main.py as app.main
         backend/app/api/routes.py: app.nowhere -> nothing",
    );
    check_in(
        &tree,
        "backend/app/main.py",
        "backend/app/main.py = app.main @ backend",
        "backend/app/main.py: app.api.routes -> outside backend/app/api/routes.py as app.api.routes
         backend/app/main.py: app.main -> backend/app/main.py",
    );
}

#[test]
fn packages_installed_into_a_folder_of_any_name() {
    let tree = MemoryTree::from_fixture(
        "#- .git/HEAD\n#- target/zenml/__init__.py\n#- target/zenml/api.py\n#- target/zenml-0.9.dist-info/RECORD\n#- target/fastapi/__init__.py\n",
    );
    check_in(
        &tree,
        "target/zenml",
        "__init__.py = zenml @ /project/target
         api.py = zenml.api @ /project/target",
        "api.py: fastapi -> outside /project/target/fastapi/__init__.py as fastapi",
    );
    assert_eq!(
        found(&tree, "target/zenml").versions.version("zenml"),
        Some(("0.9", VersionSource::Environment))
    );
}

#[test]
fn a_repository_whose_root_has_an_init_file() {
    check(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- __init__.py\n#- app/__init__.py\n#- app/main.py\nfrom app.db import x\n#- app/db.py\n#- jobs/run.py\nimport tasks\n#- jobs/tasks.py\n",
        "__init__.py = __init__ @ .
         app/__init__.py = app @ .
         app/db.py = app.db @ .
         app/main.py = app.main @ .
         jobs/run.py = jobs.run @ .
         jobs/tasks.py = jobs.tasks @ .",
        "app/main.py: app.db -> app/db.py
         jobs/run.py: tasks -> jobs/tasks.py",
    );
}

#[test]
fn a_module_called_setup_inside_a_package() {
    check(
        "#- pyproject.toml\n[project]\nname = \"x\"\n#- app/__init__.py\n#- app/operations/setup.py\n#- app/operations/requirements.txt\nredis\n",
        "app/__init__.py = app @ .
         app/operations/setup.py = app.operations.setup @ .",
        "app/__init__.py: app.operations.setup -> app/operations/setup.py",
    );
}
