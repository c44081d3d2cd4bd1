import { createRouter, createWebHistory } from 'vue-router'
import AccountPage from './pages/AccountPage.vue'
import BirdPage from './pages/BirdPage.vue'
import FeedPage from './pages/FeedPage.vue'
import FormsPage from './pages/FormsPage.vue'
import HomePage from './pages/HomePage.vue'
import InspectorPage from './pages/InspectorPage.vue'
import MocksPage from './pages/MocksPage.vue'
import NotFoundPage from './pages/NotFoundPage.vue'
import OfflinePage from './pages/OfflinePage.vue'
import OptimisticPage from './pages/OptimisticPage.vue'
import OutboxPage from './pages/OutboxPage.vue'
import PaginationPage from './pages/PaginationPage.vue'
import PresencePage from './pages/PresencePage.vue'
import QueriesPage from './pages/QueriesPage.vue'
import ScrollingPage from './pages/ScrollingPage.vue'
import SignInPage from './pages/SignInPage.vue'
import SignUpPage from './pages/SignUpPage.vue'
import TasksPage from './pages/TasksPage.vue'
import UploadsPage from './pages/UploadsPage.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: HomePage, meta: { title: 'Convue playground' } },
    { path: '/sign-in', component: SignInPage, meta: { title: 'Sign in' } },
    { path: '/sign-up', component: SignUpPage, meta: { title: 'Sign up' } },
    { path: '/tasks', component: TasksPage, meta: { title: 'My tasks' } },
    { path: '/feed', component: FeedPage, meta: { title: 'Public feed' } },
    { path: '/queries', component: QueriesPage, meta: { title: 'Queries' } },
    { path: '/queries/:bird', component: BirdPage, meta: { title: 'Bird' } },
    { path: '/pagination', component: PaginationPage, meta: { title: 'Pagination' } },
    { path: '/scrolling', component: ScrollingPage, meta: { title: 'Scrolling' } },
    { path: '/optimistic', component: OptimisticPage, meta: { title: 'Optimistic updates' } },
    { path: '/outbox', component: OutboxPage, meta: { title: 'Offline notes' } },
    { path: '/presence', component: PresencePage, meta: { title: 'Presence' } },
    { path: '/uploads', component: UploadsPage, meta: { title: 'Uploads' } },
    { path: '/forms', component: FormsPage, meta: { title: 'Forms' } },
    { path: '/offline', component: OfflinePage, meta: { title: 'Offline' } },
    { path: '/account', component: AccountPage, meta: { title: 'Account' } },
    { path: '/inspector', component: InspectorPage, meta: { title: 'Inspector' } },
    { path: '/mocks', component: MocksPage, meta: { title: 'Mocks' } },
    { path: '/:path(.*)*', component: NotFoundPage, meta: { title: 'Not found' } },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
})

router.afterEach((to) => {
  document.title = to.path === '/' ? String(to.meta.title) : `${to.meta.title} · Convue`
})
