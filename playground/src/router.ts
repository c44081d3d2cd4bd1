import { createRouter, createWebHistory } from 'vue-router'
import AccountPage from './pages/AccountPage.vue'
import FeedPage from './pages/FeedPage.vue'
import HomePage from './pages/HomePage.vue'
import InspectorPage from './pages/InspectorPage.vue'
import NotFoundPage from './pages/NotFoundPage.vue'
import SignInPage from './pages/SignInPage.vue'
import SignUpPage from './pages/SignUpPage.vue'
import TasksPage from './pages/TasksPage.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: HomePage, meta: { title: 'Convue playground' } },
    { path: '/sign-in', component: SignInPage, meta: { title: 'Sign in' } },
    { path: '/sign-up', component: SignUpPage, meta: { title: 'Sign up' } },
    { path: '/tasks', component: TasksPage, meta: { title: 'My tasks' } },
    { path: '/feed', component: FeedPage, meta: { title: 'Public feed' } },
    { path: '/account', component: AccountPage, meta: { title: 'Account' } },
    { path: '/inspector', component: InspectorPage, meta: { title: 'Inspector' } },
    { path: '/:path(.*)*', component: NotFoundPage, meta: { title: 'Not found' } },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
})

router.afterEach((to) => {
  document.title = to.path === '/' ? String(to.meta.title) : `${to.meta.title} · Convue`
})
