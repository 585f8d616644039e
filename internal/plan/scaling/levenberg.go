package scaling

import "math"

// parameters is how many the law has: λ, σ, κ.
const parameters = 3

type vector [parameters]float64

type matrix [parameters]vector

func (m Model) vector() vector { return vector{m.Lambda, m.Sigma, m.Kappa} }

func modelOf(v vector) Model { return Model{v[0], v[1], v[2]} }

// gradient returns the derivatives of X(N) by λ, σ and κ.
func (m Model) gradient(n float64) vector {
	c := m.relative(n)
	return vector{c, -m.Lambda * c * c * (n - 1) / n, -m.Lambda * c * c * (n - 1)}
}

// normal returns the sum of squares, JᵀJ and Jᵀr for the free parameters; the
// others get a 1 on the diagonal, so that their step is 0.
func normal(points []Point, m Model, free [parameters]bool) (sse float64, jj matrix, jr vector) {
	for _, p := range points {
		r := p.X - m.Throughput(p.N)
		sse += r * r
		g := m.gradient(p.N)
		for i := range g {
			for k := range g {
				if free[i] && free[k] {
					jj[i][k] += g[i] * g[k]
				}
			}
			if free[i] {
				jr[i] += g[i] * r
			}
		}
	}
	for i := range free {
		if !free[i] {
			jj[i][i] = 1
		}
	}
	return sse, jj, jr
}

const (
	maxSteps = 1000
	// smallStep, relative to the parameter, ends the iteration: the solution
	// is then good to more digits than the data are.
	smallStep = 1e-13
)

// minimise minimises the sum of squares over the free parameters by
// Levenberg's and Marquardt's method, from the starting point that is usual
// for this law: σ = 0.1, κ = 0.01 and for λ the best throughput a unit of
// concurrency.
func minimise(points []Point, free [parameters]bool) (Model, float64, bool) {
	m := Model{Sigma: 0.1, Kappa: 0.01}
	if !free[1] {
		m.Sigma = 0
	}
	if !free[2] {
		m.Kappa = 0
	}
	for _, p := range points {
		m.Lambda = max(m.Lambda, p.X/p.N)
	}
	damping := 1e-3
	sse, jj, jr := normal(points, m, free)
	for range maxSteps {
		damped := jj
		for i := range damped {
			damped[i][i] *= 1 + damping
		}
		step, ok := solve(damped, jr)
		if !ok {
			return m, sse, false
		}
		next := m.vector()
		small := true
		for i := range next {
			next[i] += step[i]
			small = small && math.Abs(step[i]) <= smallStep*math.Abs(next[i])
		}
		if nextSSE, nextJJ, nextJR := normal(points, modelOf(next), free); nextSSE <= sse {
			m, sse, jj, jr = modelOf(next), nextSSE, nextJJ, nextJR
			damping = max(damping/10, 1e-15)
		} else {
			// Also where the step led out of the law's domain: NaN compares
			// as false.
			damping *= 10
		}
		if small || damping > 1e15 {
			return m, sse, !math.IsNaN(sse)
		}
	}
	return m, sse, false
}

// standardErrors sets Errors from s² (JᵀJ)⁻¹.
func (f *Fit) standardErrors() {
	_, jj, _ := normal(f.Points, f.Model, f.free)
	var errors vector
	for i := range errors {
		if !f.free[i] {
			continue
		}
		var unit vector
		unit[i] = 1
		if column, ok := solve(jj, unit); ok {
			errors[i] = f.RSE * math.Sqrt(column[i])
		} else {
			errors[i] = math.Inf(1) // the data do not determine it
		}
	}
	f.Errors = modelOf(errors)
}

// solve solves ax = b for a symmetric, positive definite matrix by Cholesky's
// factorisation of the matrix scaled to a unit diagonal: the parameters'
// magnitudes differ by orders. It reports false for any other matrix.
func solve(a matrix, b vector) (x vector, ok bool) {
	var scale vector
	for i := range a {
		if !(a[i][i] > 0) {
			return x, false
		}
		scale[i] = 1 / math.Sqrt(a[i][i])
	}
	var l matrix
	for i := range l {
		for k := 0; k <= i; k++ {
			sum := a[i][k] * scale[i] * scale[k]
			for j := range k {
				sum -= l[i][j] * l[k][j]
			}
			if i != k {
				l[i][k] = sum / l[k][k]
			} else if l[i][i] = math.Sqrt(sum); !(l[i][i] > 0) {
				return x, false
			}
		}
	}
	for i := range parameters {
		x[i] = b[i] * scale[i]
		for k := range i {
			x[i] -= l[i][k] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := parameters - 1; i >= 0; i-- {
		for k := i + 1; k < parameters; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := range x {
		x[i] *= scale[i]
	}
	return x, true
}
