import pytest
from workflow_github import Comments, serving
from workflow_project import NAME, NUMBER, Project, begin, empty

from reconciler.emulator.server import running


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("emulator")) as started:
        yield started


@pytest.fixture(scope="session")
def begun(server, tmp_path_factory):
    """What every project of these tests begins with."""
    folder = tmp_path_factory.mktemp("begun") / "project"
    begin(folder, server.url)
    return folder


@pytest.fixture
def aws(server):
    """The account that the role would be in: an emulator on this machine, empty."""
    empty(server)
    return server


@pytest.fixture
def comments():
    """What has been said on the pull request."""
    with serving(Comments(NAME, NUMBER)) as served:
        yield served


@pytest.fixture
def workflows(request):
    """Those of this repository; `both` has the tests that those of `reconciler init` go through as well."""
    return getattr(request, "param", "ours")


@pytest.fixture
def project(tmp_path, begun, workflows, aws, comments):
    return Project(tmp_path, begun, workflows, comments)


@pytest.fixture
def live(project):
    """The project once its registry is live, and nobody has said anything."""
    project.make_live()
    return project
